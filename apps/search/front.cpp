#include "apps/search/front.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace locum::apps {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool dominates(const FrontPoint& a, const FrontPoint& b) {
  return a.error <= b.error && a.cost <= b.cost && (a.error < b.error || a.cost < b.cost);
}

// Half the circumference of the box that a point's neighbours on its front span, in logarithms; infinite at the ends.
std::vector<double> crowding(std::span<const FrontPoint> points, const std::vector<int>& by_error) {
  std::vector<double> distance(by_error.size(), infinity);
  for (std::size_t k = 1; k + 1 < by_error.size(); ++k) {
    const FrontPoint &before = points[by_error[k - 1]], &after = points[by_error[k + 1]];
    distance[k] = std::log(after.error / before.error) + std::abs(std::log(after.cost / before.cost));
  }
  return distance;
}

}  // namespace

std::vector<int> front_ranks(std::span<const FrontPoint> points) {
  const int n = static_cast<int>(points.size());
  std::vector<int> rank(n, -1);
  int ranked = 0;
  for (int front = 0; ranked < n; ++front) {
    std::vector<int> members;
    for (int k = 0; k < n; ++k) {
      bool free = rank[k] < 0;
      for (int j = 0; j < n && free; ++j) free = rank[j] >= 0 || !dominates(points[j], points[k]);
      if (free) members.push_back(k);
    }
    for (const int k : members) rank[k] = front;
    ranked += static_cast<int>(members.size());
  }
  return rank;
}

std::vector<int> best_by_front(std::span<const FrontPoint> points, int count) {
  const std::vector<int> rank = front_ranks(points);
  std::vector<int> kept;
  for (int front = 0; static_cast<int>(kept.size()) < std::min<int>(count, static_cast<int>(points.size())); ++front) {
    std::vector<int> members;
    for (std::size_t k = 0; k < points.size(); ++k)
      if (rank[k] == front) members.push_back(static_cast<int>(k));
    std::stable_sort(members.begin(), members.end(), [&](int a, int b) { return points[a].error < points[b].error; });
    const std::vector<double> distance = crowding(points, members);
    std::vector<int> order(members.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int>(k);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return distance[a] > distance[b]; });
    for (const int k : order)
      if (static_cast<int>(kept.size()) < count) kept.push_back(members[k]);
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

}  // namespace locum::apps
