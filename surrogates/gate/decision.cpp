#include "surrogates/gate/decision.hpp"

namespace locum::gate {

std::string_view to_string(Player player) { return player == Player::surrogate ? "surrogate" : "solver"; }

std::string_view to_string(Reason reason) {
  constexpr std::string_view names[reason_count] = {"trusted", "warm-up", "uncalibrated", "uncertain",
                                                    "hold",    "forced",  "company"};
  return names[static_cast<int>(reason)];
}

}  // namespace locum::gate
