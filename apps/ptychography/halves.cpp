#include "apps/ptychography/halves.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "apps/ptychography/data_layout.hpp"

namespace locum::apps {
namespace {

constexpr double reach = 3.0;  // mean distances of nearest neighbours within which frames are joined

// Sets of frames, each frame with its colour relative to the set's first.
class ColouredSets {
 public:
  explicit ColouredSets(std::size_t count) : parent_(count), size_(count, 1), odd_(count, 0) {
    for (std::size_t j = 0; j < count; ++j) parent_[j] = j;
  }
  std::pair<std::size_t, int> find(std::size_t j) const {
    int colour = 0;
    for (; parent_[j] != j; j = parent_[j]) colour ^= odd_[j];
    return {j, colour};
  }
  // Gives a and b unlike colours, unless they are in one set already. The larger set's first stays, so that ways to it
  // are short.
  void join(std::size_t a, std::size_t b) {
    auto [first, colour] = find(a);
    auto [second, other] = find(b);
    if (first == second) return;
    if (size_[first] < size_[second]) std::swap(first, second);
    parent_[second] = first;
    size_[first] += size_[second];
    odd_[second] = colour ^ other ^ 1;
  }

 private:
  std::vector<std::size_t> parent_, size_;
  std::vector<int> odd_;
};

// Pairs of frames that are not farther apart than `most` Å, the nearest first.
std::vector<std::tuple<double, std::size_t, std::size_t>> near_pairs(const Ptychogram& input, double most) {
  std::vector<std::tuple<double, double, std::size_t>> sorted;  // along x, so that few have to be looked at
  for (std::size_t j = 0; j < input.position.size(); ++j)
    sorted.emplace_back(input.position[j][0] * input.dx, input.position[j][1] * input.dy, j);
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::tuple<double, std::size_t, std::size_t>> pairs;
  for (std::size_t a = 0; a < sorted.size(); ++a) {
    const auto& [x, y, j] = sorted[a];
    for (std::size_t b = a + 1; b < sorted.size() && std::get<0>(sorted[b]) - x <= most; ++b) {
      const auto& [other_x, other_y, k] = sorted[b];
      const double distance = std::hypot(other_x - x, other_y - y);
      if (distance <= most) pairs.emplace_back(distance, std::min(j, k), std::max(j, k));
    }
  }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace

std::array<std::vector<int>, 2> halves_of(const Ptychogram& input) {
  ColouredSets sets(input.position.size());
  for (const auto& [distance, j, k] : near_pairs(input, reach * neighbour_distance(input))) sets.join(j, k);
  std::array<std::vector<int>, 2> halves;
  for (int j = 0; j < input.size(); ++j)
    halves[static_cast<std::size_t>(sets.find(static_cast<std::size_t>(j)).second)].push_back(j);
  if (halves[0].empty() || (!halves[1].empty() && halves[1].front() == 0)) std::swap(halves[0], halves[1]);
  if (halves[1].empty() && halves[0].size() > 1) {
    halves[1].push_back(halves[0].back());
    halves[0].pop_back();
  }
  return halves;
}

}  // namespace locum::apps
