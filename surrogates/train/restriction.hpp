// Fine-tuning with fewer parameters than the network has: some stay as they were given, some matrices move by a product
// of low rank only (Hu et al., arXiv:2106.09685, Eq. 3), the rest moves freely.
//
//   θ(φ):   W = W₀ + A B for each adapted matrix,   θ_k = φ_k for each free one,   θ_k as given elsewhere
//
// A begins random and B zero: the first θ is the given one.
#pragma once

#include <cstdint>
#include <vector>

#include "surrogates/train/trainer.hpp"

namespace locum::train {

// Parameters first … last − 1.
struct ParameterRange {
  std::size_t first = 0, last = 0;
};

class Restriction {
 public:
  // start: the given parameters θ₀. free and adapted: ascending, without overlap. rank ≥ 1 where something is adapted.
  // Throws ConfigError when they leave θ₀ or overlap.
  Restriction(std::vector<double> start, std::vector<ParameterRange> free, std::vector<MatrixBlock> adapted, int rank);

  std::size_t size() const { return size_; }  // of φ: the free ones, then A and B of each matrix
  std::size_t full_size() const { return start_.size(); }
  std::vector<double> initial(std::uint64_t seed) const;
  std::vector<double> expand(std::span<const double> phi) const;
  // ∂L/∂φ from ∂L/∂θ; overwritten.
  void pull_back(std::span<const double> phi, std::span<const double> theta_bar, std::span<double> phi_bar) const;
  // A and B of each adapted matrix, in φ.
  ParameterLayout layout() const;

 private:
  std::vector<double> start_;
  std::vector<ParameterRange> free_;
  std::vector<MatrixBlock> adapted_;
  int rank_;
  std::size_t free_count_ = 0, size_ = 0;
};

// An objective over φ.
class RestrictedObjective final : public Objective {
 public:
  RestrictedObjective(Objective& full, const Restriction& restriction) : full_(full), restriction_(restriction) {}
  std::size_t parameters() const override { return restriction_.size(); }
  int samples() const override { return full_.samples(); }
  ParameterLayout layout() const override { return restriction_.layout(); }
  double gradient(std::span<const double> parameters, std::span<const int> batch, std::span<double> gradient) override;
  std::map<std::string, double> validate(std::span<const double> parameters) override {
    return full_.validate(restriction_.expand(parameters));
  }

 private:
  Objective& full_;
  const Restriction& restriction_;
};

}  // namespace locum::train
