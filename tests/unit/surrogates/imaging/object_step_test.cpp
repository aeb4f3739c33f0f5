// The network's score for the gate where physics comes to no numbers.
#include "surrogates/imaging/object_step.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "tests/unit/surrogates/imaging/small_experiment.hpp"

namespace locum::imaging {
namespace {

using testing::small_data_set;
using testing::small_model;
using testing::small_network;

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

// Physics that comes to no numbers: in the Fourier error of a frame, or in the object of a descent.
class BrokenModel final : public DiffractionModel {
 public:
  int frame = -1, good_descents = 1000;

  ObjectFunction back_propagated(const Ptychogram& in) override { return right_->back_propagated(in); }
  void sequential_sweeps(const Ptychogram& in, std::span<const int> list, int sweeps, ObjectFunction& o) override {
    right_->sequential_sweeps(in, list, sweeps, o);
  }
  void descend(const Ptychogram& in, std::span<const int> list, int sweeps, ObjectFunction& o) override {
    right_->descend(in, list, sweeps, o);
    if (good_descents-- <= 0) o.value[o.value.size() / 2] = {no_number, 0.0f};
  }
  void conjugate_sweeps(const Ptychogram& in, std::span<const int> list, int sweeps, ObjectFunction& o) override {
    right_->conjugate_sweeps(in, list, sweeps, o);
  }
  std::vector<FourierError> fourier_errors(const Ptychogram& in, std::span<const int> list,
                                           const ObjectFunction& o) override {
    auto errors = right_->fourier_errors(in, list, o);
    for (std::size_t k = 0; k < list.size(); ++k)
      if (list[k] == frame) errors[k].off = no_number;
    return errors;
  }
  double gradient(const Ptychogram& in, std::span<const int> list, const ObjectFunction& o,
                  ObjectFunction& g) override {
    return right_->gradient(in, list, o, g);
  }

 private:
  std::shared_ptr<FarFieldModel> right_ = small_model();
};

struct Scored {
  std::vector<double> scores;  // of all tiles
  ObjectFunction answer;
};

Scored score_by(const std::shared_ptr<BrokenModel>& model, const LabelledObject& set) {
  auto cascade = std::make_shared<ObjectCascade>(ExecutionSpace{}, small_network());
  for (int s = 0; s < 2; ++s) cascade->stage(s).set_parameters(cascade->stage(s).initial_parameters(3));
  ObjectStep step(cascade, model);
  std::vector<int> tiles(set.data.tiles.size());
  std::iota(tiles.begin(), tiles.end(), 0);
  Scored scored{std::vector<double>(tiles.size()), Ptychography::make_output(set.data)};
  step.evaluate_with_score(set.data, tiles, scored.answer, scored.scores);
  return scored;
}

TEST(ObjectStep, TheScoreOfATileWithAFrameThatIsNoNumberIsInfinite) {
  const LabelledObject set = small_data_set(2);
  auto model = std::make_shared<BrokenModel>();
  model->frame = set.data.tiles[1].frames.front();  // the tile's other frames have scores that are numbers
  const std::vector<double> scores = score_by(model, set).scores;
  for (std::size_t t = 0; t < scores.size(); ++t) EXPECT_EQ(std::isinf(scores[t]), t == 1);
}

// The solver begins from the answer of a tile that is handed back.
TEST(ObjectStep, LastPassesThatGiveNoNumbersAreNotTaken) {
  const LabelledObject set = small_data_set(2);
  auto model = std::make_shared<BrokenModel>();
  const int all = model->good_descents;
  for (double s : score_by(model, set).scores) EXPECT_TRUE(std::isfinite(s));
  const int used = all - model->good_descents;
  ASSERT_GT(used, 0);
  model->good_descents = used - 1;
  const Scored scored = score_by(model, set);
  for (double s : scored.scores) EXPECT_TRUE(std::isinf(s));
  for (const auto& v : scored.answer.value) ASSERT_TRUE(std::isfinite(v.real()));
}

}  // namespace
}  // namespace locum::imaging
