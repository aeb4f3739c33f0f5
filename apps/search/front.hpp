// The front of error against cost: models of which no other is both better and cheaper.
//
// Sorting into fronts and crowding distance: Deb, Pratap, Agarwal, Meyarivan, IEEE Trans. Evol. Comput. 6, 182 (2002),
// Sec. III; distances are taken between logarithms, because errors and costs differ by factors.
#pragma once

#include <span>
#include <vector>

namespace locum::apps {

struct FrontPoint {
  double error = 0.0, cost = 0.0;  // both positive, the smaller the better
};

// The front that each point lies on: 0 for those that no other dominates, 1 for those that only front 0 dominates, …
// Equal points do not dominate each other.
std::vector<int> front_ranks(std::span<const FrontPoint> points);

// All errors finite. Indices of the `count` points to keep (all, when there are fewer), ascending: front by front; of
// the front that does not fit as a whole its ends and the loneliest between them. The smallest error is always among
// them.
std::vector<int> best_by_front(std::span<const FrontPoint> points, int count);

}  // namespace locum::apps
