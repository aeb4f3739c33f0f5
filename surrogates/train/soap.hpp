// SOAP: Adam in the eigenbasis of Shampoo's preconditioner (Vyas et al., arXiv:2409.11321, Algorithm 3).
//
// For a matrix of parameters with gradient G, running means L of G Gᵀ and R of Gᵀ G have eigenvectors Q_L, Q_R. Adam's
// second moments are those of Q_Lᵀ G Q_R, its step is turned back: directions that belong together are scaled
// together. The bases follow L and R by one power iteration and one orthogonalisation every few updates (Algorithm 4).
// What is in no matrix is Adam's.
#pragma once

#include <cstdint>
#include <vector>

#include "surrogates/train/optimizer.hpp"
#include "surrogates/train/small_matrix.hpp"

namespace locum::train {

struct SoapConfig {
  double beta1 = 0.9, beta2 = 0.99;  // of the first and second moments, as Adam's
  double beta_basis = 0.95;          // of L and R
  int refresh = 10;                  // updates between two refreshments of the bases
  int first_turns = 8;               // power iterations that lead from the axes to the first bases
  // Added to L and R before a power iteration, in mean eigenvalues: directions that gradients have not told from each
  // other yet stay where they were. Without it rounding would turn them, and n ranks not repeat the steps of one.
  double floor = 1e-3;
  double epsilon = 1e-10;
};

class Soap final : public Optimizer {
 public:
  Soap(std::size_t size, const std::vector<MatrixBlock>& matrices, SoapConfig config = {});
  // The first call only takes the bases from its gradient: it leaves the parameters as they are.
  void update(std::span<double> parameters, std::span<const double> gradient, double rate) override;

  FieldSet state() const override;
  void restore(const FieldSet& state) override;

 private:
  struct Side {
    SmallMatrix mean, basis;  // L or R, Q
  };
  struct Block {
    MatrixBlock at;
    Side left, right;
  };
  void learn_bases(Block& block, const SmallMatrix& gradient) const;

  SoapConfig config_;
  std::int64_t updates_ = 0;
  std::vector<Block> blocks_;
  std::vector<double> first_, second_;  // second_: in the rotated bases within matrices
};

}  // namespace locum::train
