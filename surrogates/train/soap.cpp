#include "surrogates/train/soap.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace locum::train {
namespace {

SmallMatrix matrix_at(std::span<const double> values, const MatrixBlock& at) {
  SmallMatrix m(at.rows, at.columns);
  std::copy_n(values.begin() + at.offset, m.values.size(), m.values.begin());
  return m;
}

SmallMatrix identity(int n) {
  SmallMatrix one(n, n);
  for (int k = 0; k < n; ++k) one(k, k) = 1.0;
  return one;
}

void take_mean(SmallMatrix& mean, const SmallMatrix& now, double keep) {
  for (std::size_t k = 0; k < mean.values.size(); ++k)
    mean.values[k] = keep * mean.values[k] + (1.0 - keep) * now.values[k];
}

}  // namespace

Soap::Soap(std::size_t size, const std::vector<MatrixBlock>& matrices, SoapConfig config)
    : config_(config), first_(size, 0.0), second_(size, 0.0) {
  for (const MatrixBlock& m : matrices)
    blocks_.push_back(
        {m, {SmallMatrix(m.rows, m.rows), identity(m.rows)}, {SmallMatrix(m.columns, m.columns), identity(m.columns)}});
}

void Soap::learn_bases(Block& b, const SmallMatrix& g) const {
  const SmallMatrix gt = transposed(g);
  take_mean(b.left.mean, product(g, gt), updates_ == 1 ? 0.0 : config_.beta_basis);
  take_mean(b.right.mean, product(gt, g), updates_ == 1 ? 0.0 : config_.beta_basis);
  if (updates_ != 1 && updates_ % config_.refresh != 0) return;
  for (Side* side : {&b.left, &b.right}) {
    const int n = side->mean.rows;
    SmallMatrix raised = side->mean;
    double trace = 0.0;
    for (int k = 0; k < n; ++k) trace += raised(k, k);
    for (int k = 0; k < n; ++k) raised(k, k) += config_.floor * trace / n;
    for (int turn = 0; turn < (updates_ == 1 ? config_.first_turns : 1); ++turn)
      side->basis = orthonormal(product(raised, side->basis));
  }
}

void Soap::update(std::span<double> parameters, std::span<const double> gradient, double rate) {
  ++updates_;
  if (updates_ == 1) {
    for (Block& b : blocks_) learn_bases(b, matrix_at(gradient, b.at));
    return;
  }
  const double steps = static_cast<double>(updates_ - 1);
  const double correct1 = 1.0 / (1.0 - std::pow(config_.beta1, steps));
  const double correct2 = 1.0 / (1.0 - std::pow(config_.beta2, steps));
  for (std::size_t k = 0; k < first_.size(); ++k)
    first_[k] = config_.beta1 * first_[k] + (1.0 - config_.beta1) * gradient[k];
  // One element of Adam's step; g and m in the same basis.
  auto step = [&](double g, double m, double& v) {
    v = config_.beta2 * v + (1.0 - config_.beta2) * g * g;
    return rate * m * correct1 / (std::sqrt(v * correct2) + config_.epsilon);
  };
  std::size_t done = 0;
  auto plain_until = [&](std::size_t end) {
    for (; done < end; ++done) parameters[done] -= step(gradient[done], first_[done], second_[done]);
  };
  for (Block& b : blocks_) {
    plain_until(b.at.offset);
    const SmallMatrix g = matrix_at(gradient, b.at);
    const SmallMatrix to_left = transposed(b.left.basis), to_right = transposed(b.right.basis);
    const SmallMatrix turned = product(product(to_left, g), b.right.basis);
    SmallMatrix move = product(product(to_left, matrix_at(first_, b.at)), b.right.basis);
    for (std::size_t k = 0; k < move.values.size(); ++k)
      move.values[k] = step(turned.values[k], move.values[k], second_[b.at.offset + k]);
    move = product(product(b.left.basis, move), to_right);
    for (const double m : move.values) parameters[done++] -= m;
    learn_bases(b, g);
  }
  plain_until(first_.size());
}

FieldSet Soap::state() const {
  FieldSet state;
  const auto n = static_cast<std::int64_t>(first_.size());
  state.add_scalar("updates", "1", updates_);
  state.add("first", "1", {n}, first_);
  state.add("rotated_second", "1", {n}, second_);
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    const std::string at = "matrix" + std::to_string(k) + ".";
    auto add = [&](const char* name, const SmallMatrix& m) {
      state.add(at + name, "1", {m.rows, m.columns}, m.values);
    };
    add("left_mean", blocks_[k].left.mean);
    add("left_basis", blocks_[k].left.basis);
    add("right_mean", blocks_[k].right.mean);
    add("right_basis", blocks_[k].right.basis);
  }
  return state;
}

void Soap::restore(const FieldSet& state) {
  updates_ = state.integer_scalar("updates");
  first_ = state.real("first");
  second_ = state.real("rotated_second");
  for (std::size_t k = 0; k < blocks_.size(); ++k) {
    const std::string at = "matrix" + std::to_string(k) + ".";
    blocks_[k].left.mean.values = state.real(at + "left_mean");
    blocks_[k].left.basis.values = state.real(at + "left_basis");
    blocks_[k].right.mean.values = state.real(at + "right_mean");
    blocks_[k].right.basis.values = state.real(at + "right_basis");
  }
}

}  // namespace locum::train
