#include "surrogates/train/optimizer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/train/adam.hpp"
#include "surrogates/train/lbfgs.hpp"
#include "surrogates/train/small_matrix.hpp"
#include "surrogates/train/soap.hpp"
#include "surrogates/train/trainer.hpp"

namespace locum::train {
namespace {

double noise(int item, int k) { return 2.0 * random::uniform(3, random::Stream::bootstrap, item, k) - 1.0; }

SmallMatrix random_matrix(int rows, int columns, int item) {
  SmallMatrix m(rows, columns);
  for (std::size_t k = 0; k < m.values.size(); ++k) m.values[k] = noise(item, static_cast<int>(k));
  return m;
}

// Two matrices with a bias behind each: ½ tr((P − T)ᵀ A (P − T) B) with ill-conditioned A and B, and ½ |b − 1|².
struct Valley {
  static constexpr int rows = 5, columns = 3, biases = 2, stretch = rows * columns + biases, copies = 2;
  SmallMatrix a = spread(rows, 1), b = spread(columns, 2), target = random_matrix(rows, columns, 7);

  static SmallMatrix spread(int n, int item) {
    const SmallMatrix q = orthonormal(random_matrix(n, n, item));
    SmallMatrix scaled = q;
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < n; ++k) scaled(i, k) *= std::pow(10.0, -1.5 * k / (n - 1));
    return product(scaled, transposed(q));
  }
  static ParameterLayout layout() {
    ParameterLayout l;
    for (int c = 0; c < copies; ++c) {
      l.parts.push_back(c * stretch);
      l.matrices.push_back({static_cast<std::size_t>(c * stretch), rows, columns});
    }
    return l;
  }
  double gradient(std::span<const double> p, std::span<double> g) const {
    double loss = 0.0;
    for (int c = 0; c < copies; ++c) {
      SmallMatrix off(rows, columns);
      for (int k = 0; k < rows * columns; ++k) off.values[k] = p[c * stretch + k] - target.values[k];
      const SmallMatrix pull = product(product(a, off), b);
      for (int k = 0; k < rows * columns; ++k) {
        g[c * stretch + k] = pull.values[k];
        loss += 0.5 * pull.values[k] * off.values[k];
      }
      for (int k = c * stretch + rows * columns; k < (c + 1) * stretch; ++k) {
        g[k] = p[k] - 1.0;
        loss += 0.5 * g[k] * g[k];
      }
    }
    return loss;
  }
};

// Updates with a rate that falls like half a cosine; the loss where they end.
double descend(Optimizer& optimizer, double rate, int updates) {
  const Valley valley;
  std::vector<double> p(Valley::copies * Valley::stretch, 0.0), g(p.size());
  for (int k = 0; k < updates; ++k) {
    valley.gradient(p, g);
    optimizer.update(p, g, 0.5 * rate * (1.0 + std::cos(3.14159 * k / updates)));
  }
  return valley.gradient(p, g);
}

// Power iterations with it are what SOAP's bases come from.
TEST(SmallMatrix, PowerIterationsEndAtTheEigenvectors) {
  for (const int n : {1, 2, 7}) {
    const SmallMatrix q = orthonormal(random_matrix(n, n, n));
    SmallMatrix scaled = q, basis = orthonormal(random_matrix(n, n, 20 + n));
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < n; ++k) scaled(i, k) *= std::pow(2.0, -k);
    const SmallMatrix a = product(scaled, transposed(q));
    for (int turn = 0; turn < 200; ++turn) basis = orthonormal(product(a, basis));
    const SmallMatrix d = product_transposed_left(basis, product(a, basis));
    for (int i = 0; i < n; ++i)
      for (int k = 0; k < n; ++k) EXPECT_NEAR(d(i, k), i == k ? std::pow(2.0, -k) : 0.0, 1e-13);
  }
}

TEST(SmallMatrix, AnOrthonormalBasisKeepsTheSpanAndSurvivesDependentColumns) {
  SmallMatrix a = random_matrix(6, 4, 9);
  for (int i = 0; i < 6; ++i) a(i, 2) = 2.0 * a(i, 0) - a(i, 1);
  const SmallMatrix q = orthonormal(a), one = product_transposed_left(q, q);
  for (int i = 0; i < 4; ++i)
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(one(i, k), i == k, 1e-13);
  const SmallMatrix back = product(q, product_transposed_left(q, a));
  for (std::size_t k = 0; k < a.values.size(); ++k) EXPECT_NEAR(back.values[k], a.values[k], 1e-13);
  const SmallMatrix of_nothing = orthonormal(SmallMatrix(3, 3));
  for (int k = 0; k < 3; ++k) EXPECT_EQ(of_nothing(k, k), 1.0);
}

TEST(Optimizer, EachFindsTheBottomOfAnIllConditionedValley) {
  std::vector<double> none(Valley::copies * Valley::stretch, 0.0), g(none.size());
  const double start = Valley().gradient(none, g);
  for (const std::string& name : optimizer_names()) {
    const auto optimizer = make_optimizer(name, none.size(), Valley::layout());
    // The condition number is 1000; plain descent at the largest stable rate would keep more.
    EXPECT_LT(descend(*optimizer, name == "lbfgs" ? 1.0 : 0.05, 300), 1e-3 * start) << name;
  }
}

TEST(Optimizer, ThoseThatKnowTheCurvatureAreNearerAfterFewUpdates) {
  const std::size_t n = Valley::copies * Valley::stretch;
  auto best = [&](const std::string& name, std::vector<double> rates) {
    double least = 1e300;
    for (const double rate : rates)
      least = std::min(least, descend(*make_optimizer(name, n, Valley::layout()), rate, 60));
    return least;
  };
  const double adam = best("adam", {0.02, 0.05, 0.1, 0.2});
  EXPECT_LT(best("soap", {0.02, 0.05, 0.1, 0.2}), adam);
  EXPECT_LT(best("lbfgs", {0.5, 1.0, 2.0}), adam);
}

TEST(Optimizer, RestoredHalfWayEachGoesOnBitForBit) {
  const Valley valley;
  const std::size_t n = Valley::copies * Valley::stretch;
  for (const std::string& name : optimizer_names())
    for (const int before : {0, 1, 27}) {
      const auto whole = make_optimizer(name, n, Valley::layout()), second = make_optimizer(name, n, Valley::layout());
      std::vector<double> p(n, 0.3), g(n);
      auto go_on = [&](Optimizer& optimizer, std::vector<double> from, int updates) {
        for (int k = 0; k < updates; ++k) {
          valley.gradient(from, g);
          optimizer.update(from, g, 0.05);
        }
        return from;
      };
      p = go_on(*whole, p, before);
      second->restore(whole->state());
      EXPECT_EQ(go_on(*whole, p, 34), go_on(*second, p, 34)) << name << " after " << before;
    }
}

TEST(Optimizer, TheStateOfAnotherIsRefused) {
  const std::size_t n = Valley::copies * Valley::stretch;
  for (const std::string& from : optimizer_names())
    for (const std::string& to : optimizer_names()) {
      if (from == to) continue;
      const FieldSet state = make_optimizer(from, n, Valley::layout())->state();
      EXPECT_THROW(make_optimizer(to, n, Valley::layout())->restore(state), ConfigError) << from << " into " << to;
    }
}

TEST(Optimizer, UnknownNamesAndLayoutsThatLeaveTheParametersAreRefused) {
  try {
    make_optimizer("soup", 4, {});
    FAIL();
  } catch (const ConfigError& e) {
    EXPECT_NE(std::string(e.what()).find("soap"), std::string::npos);
  }
  EXPECT_THROW(make_optimizer("soap", 4, {{{2, 2, 2}}, {}}), ConfigError);             // ends after the parameters
  EXPECT_THROW(make_optimizer("soap", 9, {{{0, 2, 2}, {3, 2, 2}}, {}}), ConfigError);  // overlap
  EXPECT_THROW(make_optimizer("lbfgs", 9, {{}, {0, 9}}), ConfigError);
  EXPECT_THROW(make_optimizer("lbfgs", 9, {{}, {1}}), ConfigError);
}

// Without matrices SOAP is Adam, one call later.
TEST(Soap, WithoutMatricesItIsAdam) {
  Adam adam(3);
  Soap soap(3, {});
  std::vector<double> p{1.0, 2.0, 3.0}, q = p, g(3);
  soap.update(q, std::vector<double>{1.0, 1.0, 1.0}, 0.1);
  EXPECT_EQ(q, p);
  for (int k = 0; k < 9; ++k) {
    for (int i = 0; i < 3; ++i) g[i] = noise(k, i);
    adam.update(p, g, 0.1);
    soap.update(q, g, 0.1);
  }
  EXPECT_EQ(p, q);
}

// Turned by orthogonal matrices on both sides, the problem is the same to SOAP (not to Adam).
TEST(Soap, ItsStepsTurnWithTheCoordinates) {
  const SmallMatrix u = orthonormal(random_matrix(4, 4, 11)), v = orthonormal(random_matrix(3, 3, 12));
  SoapConfig config;
  config.first_turns = 5000;  // until nothing is left of the axes that it begins with
  config.floor = 1e-6;
  Soap plain(12, {{0, 4, 3}}, config), turned(12, {{0, 4, 3}}, config);
  SmallMatrix p(4, 3), q(4, 3);
  for (int k = 0; k < 25; ++k) {
    const SmallMatrix g = random_matrix(4, 3, 100 + k);
    plain.update(p.values, g.values, 0.1);
    turned.update(q.values, product(product(u, g), v).values, 0.1);
  }
  const SmallMatrix expected = product(product(u, p), v);
  for (int k = 0; k < 12; ++k) EXPECT_NEAR(q.values[k], expected.values[k], 1e-9);  // ε and rounding through 25 steps
}

// On a quadratic in three dimensions the pairs span the space: the fourth step is Newton's.
TEST(Lbfgs, EndsOnASmallQuadraticAsNewtonWould) {
  LbfgsConfig config;
  config.largest_step = 10.0;
  Lbfgs lbfgs(3, {}, config);
  std::vector<double> p{3.0, -2.0, 1.0}, g(3);
  const double curvature[3] = {1.0, 3.0, 9.0};
  for (int k = 0; k < 30; ++k) {
    for (int i = 0; i < 3; ++i) g[i] = curvature[i] * p[i];
    lbfgs.update(p, g, 1.0);
  }
  for (const double x : p) EXPECT_NEAR(x, 0.0, 1e-6);
}

TEST(Lbfgs, AStepIsNeverLongerThanItsBound) {
  Lbfgs lbfgs(4, {0, 2});
  std::vector<double> p(4, 0.0);
  lbfgs.update(p, std::vector<double>{1e9, 0.0, 0.0, 1e-9}, 1.0);
  EXPECT_NEAR(p[0], -0.1 * std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(p[3], -0.1 * std::sqrt(2.0), 1e-12);
}

// y = w₂·tanh(W₁ x) on points of sin: small, not convex.
class SmallNetwork final : public Objective {
 public:
  std::size_t parameters() const override { return 3 * 6 + 6; }
  int samples() const override { return 48; }
  ParameterLayout layout() const override { return {{{0, 3, 6}}, {0}}; }
  double gradient(std::span<const double> p, std::span<const int> batch, std::span<double> g) override {
    std::fill(g.begin(), g.end(), 0.0);
    double loss = 0.0;
    for (const int s : batch) {
      const double x[3] = {1.0, s / 24.0 - 1.0, std::pow(s / 24.0 - 1.0, 2)};
      double h[6], y = 0.0;
      for (int k = 0; k < 6; ++k) {
        h[k] = std::tanh(x[0] * p[k] + x[1] * p[6 + k] + x[2] * p[12 + k]);
        y += p[18 + k] * h[k];
      }
      const double off = y - std::sin(3.0 * x[1]);
      loss += off * off / batch.size();
      for (int k = 0; k < 6; ++k) {
        g[18 + k] += 2.0 * off * h[k] / batch.size();
        for (int i = 0; i < 3; ++i) g[6 * i + k] += 2.0 * off * p[18 + k] * (1.0 - h[k] * h[k]) * x[i] / batch.size();
      }
    }
    return loss;
  }
  std::map<std::string, double> validate(std::span<const double> p) override {
    std::vector<int> all(48);
    for (int k = 0; k < 48; ++k) all[k] = k;
    std::vector<double> unused(p.size());
    return {{"validation/loss", gradient(p, all, unused)}};
  }
};

TEST(Optimizer, EachTrainsASmallNetworkAndResumesBitForBit) {
  for (const std::string& name : optimizer_names()) {
    SmallNetwork network;
    TrainerConfig config;
    config.optimizer = name;
    config.epochs = 150;
    config.patience = 150;
    config.batch = name == "lbfgs" ? 48 : 7;
    config.learning_rate = name == "lbfgs" ? 1.0 : 0.03;
    config.ema_decay = 0.9;
    std::vector<double> start(network.parameters());
    for (std::size_t k = 0; k < start.size(); ++k) start[k] = noise(50, static_cast<int>(k));
    Trainer whole(config, start), second(config, start);
    FieldSet kept;
    whole.run(network, [&](int epoch, const auto&) {
      if (epoch == 31) kept = whole.state();
    });
    EXPECT_LT(whole.best_loss(), 2e-3) << name;  // sin's own square has a mean of 0.5
    second.restore(kept);
    EXPECT_EQ(
        second.state().real("optimizer." + std::string(name == "lbfgs" ? "moves" : "first")),
        kept.real("optimizer." + std::string(name == "lbfgs" ? "moves" : "first")));  // before its first epoch too
    second.run(network);
    EXPECT_EQ(second.best(), whole.best()) << name;
  }
}

}  // namespace
}  // namespace locum::train
