#include "apps/search/candidates.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/potential/invariants/harmonics.hpp"
#include "surrogates/potential/invariants/invariants.hpp"

namespace locum::apps {
namespace {

// Three digits: what is written to best.toml is what was trained.
double rounded(double value) {
  const double scale = std::pow(10.0, 2.0 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

// One number after the other for one candidate.
class Draws {
 public:
  Draws(std::uint64_t seed, int number, int attempt) : seed_(seed), number_(number), attempt_(attempt) {}
  double from(const SearchRanges::Interval& interval) {
    return rounded(interval.low * std::pow(interval.high / interval.low, next()));
  }
  int from(const std::vector<int>& list) { return list[static_cast<std::size_t>(next() * list.size())]; }

 private:
  double next() { return random::uniform(seed_, random::Stream::search, number_, attempt_, draw_++); }
  std::uint64_t seed_;
  int number_, attempt_;
  std::uint32_t draw_ = 0;
};

}  // namespace

Candidate draw_candidate(const Candidate& base, int species, std::uint64_t seed, int number, int attempt,
                         const SearchRanges& ranges) {
  Candidate candidate = base;
  if (number == 0) return candidate;
  Draws draw(seed, number, attempt);
  potential::PotentialConfig& p = candidate.potential;
  // Above what it must enclose, below what the input may say.
  const double least = 1.05 * std::max({p.closest, p.core_distance, 1.0});
  p.cutoff = std::min(std::max(rounded(base.potential.cutoff * draw.from(ranges.cutoff)), least), 12.0);
  p.radials = draw.from(ranges.radials);
  p.l_max = std::min(draw.from(ranges.l_max), potential::largest_l);
  p.four_body_radials = std::min(draw.from(ranges.four_body_radials), p.radials);
  p.four_body_l_max = std::min(draw.from(ranges.four_body_l_max), p.l_max);
  p.components = draw.from(ranges.components);
  p.hidden = draw.from(ranges.hidden);
  p.members = draw.from(ranges.members);
  p.softness = draw.from(ranges.softness);
  candidate.training.learning_rate = draw.from(ranges.learning_rate);
  const int most = std::max(ranges.invariants, 3 * potential::make_invariants(base.potential, species).count / 2);
  while (potential::make_invariants(p, species).count > most) {
    int& larger = p.four_body_radials > 0 ? p.four_body_radials : p.radials > 1 ? p.radials : p.l_max;
    --larger;
  }
  p.components = std::min(p.components, potential::make_invariants(p, species).count);
  return candidate;
}

std::vector<std::pair<std::string, double>> searched_settings(const Candidate& candidate) {
  const potential::PotentialConfig& p = candidate.potential;
  return {{"potential.cutoff", p.cutoff},
          {"potential.radials", p.radials},
          {"potential.l_max", p.l_max},
          {"potential.four_body_radials", p.four_body_radials},
          {"potential.four_body_l_max", p.four_body_l_max},
          {"potential.components", p.components},
          {"potential.hidden", p.hidden},
          {"potential.members", p.members},
          {"potential.softness", p.softness},
          {"training.learning_rate", candidate.training.learning_rate}};
}

}  // namespace locum::apps
