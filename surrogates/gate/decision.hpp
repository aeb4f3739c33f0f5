// One record for each sample of a call: who played, why, and what became known.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace locum::gate {

enum class Player { surrogate = 0, solver = 1 };

enum class Reason {
  trusted = 0,       // uncertainty within the threshold: the surrogate's
  warm_up = 1,       // one of the first calls
  uncalibrated = 2,  // no calibration yet, so no uncertainty to trust
  uncertain = 3,     // uncertainty above the threshold, or not a number
  hold = 4,          // within the threshold, but not yet calm after a fallback
  forced = 5,        // force_solver()
  company = 6,       // trusted, but too many of its call were not
};
inline constexpr int reason_count = 7;

std::string_view to_string(Player player);  // "surrogate", "solver"
std::string_view to_string(Reason reason);  // "trusted", "warm-up", …

// Handed back by the gate's own judgement; warm-up and force are somebody's order.
inline bool is_fallback(Reason reason) {
  return reason == Reason::uncalibrated || reason == Reason::uncertain || reason == Reason::hold ||
         reason == Reason::company;
}

struct Decision {
  std::int64_t call = 0;  // evaluate() of this gate, from 0
  int sample = 0;
  Player player = Player::surrogate;  // whose answer the caller got
  Reason reason = Reason::trusted;
  bool audited = false;  // the caller got the surrogate's answer and the solver played beside it
  // Tells the correction whether bounds hold: an audit, or a drawn sample that nothing but the correction hands back.
  // Without the latter a correction that hands back everything would never hear that it need not. Against an answer
  // from the solver's own neutral start.
  bool judged = false;
  double score = 0.0;                                            // raw
  double uncertainty = std::numeric_limits<double>::infinity();  // bound on the largest error, the domain's unit
  // Of the surrogate's answer, known where both played, else NaN: Domain::error.
  double error = std::numeric_limits<double>::quiet_NaN();        // largest
  double mean_square = std::numeric_limits<double>::quiet_NaN();  // over the sample's components

  bool both_played() const { return player == Player::solver || judged; }
};

}  // namespace locum::gate
