// The coefficients of the score: s² = c₀² + c₁² spread² + c₂² distance² + c₃² frame² ≈ |ΔF|² of an atom, by least
// squares with non-negative coefficients on held-out frames.
#pragma once

#include <array>

#include "surrogates/potential/training/frame_pool.hpp"

namespace locum::potential {

inline constexpr int score_terms = 4;
using Coefficients = std::array<double, score_terms>;
using NormalMatrix = std::array<Coefficients, score_terms>;

// min ‖A x − b‖ with x ≥ 0 from the normal matrix AᵀA and Aᵀb, by trying all sets of free coefficients.
Coefficients nonnegative_least_squares(const NormalMatrix& normal, const Coefficients& right);

// Uses and restores potential->score while it looks at the score_terms one by one. Collective.
ScoreParameters fit_score(const Context& context, const std::shared_ptr<NeuralPotential>& potential,
                          PotentialStep& step, FramePool& pool, const std::vector<int>& frames);

}  // namespace locum::potential
