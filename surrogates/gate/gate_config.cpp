#include "surrogates/gate/gate_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::gate {
namespace {

constexpr double kMany = 9e15;  // integers that a double holds exactly

// Walks over the struct with its own visitor and checks every number against the range that `visit` declares.
class RangeCheck final : public ConfigVisitor {
 public:
  void value(const ConfigKey&, bool&) override {}
  void value(const ConfigKey& key, int& v) override { check(key, v); }
  void value(const ConfigKey& key, std::int64_t& v) override { check(key, static_cast<double>(v)); }
  void value(const ConfigKey& key, double& v) override { check(key, v); }
  void value(const ConfigKey&, std::string&) override {}
  void value(const ConfigKey&, std::vector<double>&) override {}
  void value(const ConfigKey&, std::vector<std::int64_t>&) override {}
  void value(const ConfigKey&, std::vector<std::string>&) override {}

 protected:
  bool enter(const ConfigKey&) override { return true; }
  void leave() override {}
  std::size_t enter_list(const ConfigKey&, std::size_t present) override { return present; }
  void enter_item(const ConfigKey&, std::size_t) override {}
  void leave_list() override {}

 private:
  static void check(const ConfigKey& key, double v) {
    if (v >= key.range.low && v <= key.range.high) return;  // a NaN fails too
    throw ConfigError(fmt::format("{} = {} lies outside {} … {}", key.name, v, key.range.low, key.range.high), "gate",
                      key.help);
  }
};

}  // namespace

void GateConfig::visit(ConfigVisitor& v) {
  const Range share{0.0, 1.0}, count{0.0, kMany}, positive{0.0, 1e300};
  v.value({"threshold", "domain", "largest uncertainty the surrogate may play with; 0: found by calibration", positive},
          threshold);
  v.value({"threshold_quantile", "", "automatic threshold: this quantile of the held-out bounds", {0.5, 1.0}},
          threshold_quantile);
  v.value({"threshold_factor", "", "automatic threshold: the quantile times this", {0.01, 100.0}}, threshold_factor);
  v.value({"moving_threshold", "", "find the automatic threshold again at every calibration"}, moving_threshold);
  v.value({"coverage", "", "share of held-out samples whose error stays below its bound", {0.5, 0.999}}, coverage);
  v.value({"score_floor", "raw score", "smaller scores count as this; 0: 1 % of the median held-out score", positive},
          score_floor);
  v.value({"warm_up", "calls", "first calls that the solver plays whatever the uncertainty", count}, warm_up);
  v.value({"resume_ratio", "", "a call is calm when its uncertainty is below this times the threshold", {0.01, 1.0}},
          resume_ratio);
  v.value({"resume_calls", "calls", "calm calls in a row after which the surrogate resumes; 0: no hysteresis", count},
          resume_calls);
  v.value({"max_hold", "calls", "most calls in a row held only for lack of calm; 0: no limit", count}, max_hold);
  v.value({"all_above", "", "share handed back above which a call is handed back whole; 1: never", {0.0, 1.0}},
          all_above);
  v.value({"audit_rate", "", "chance of a sample to be audited", share}, audit_rate);
  v.value({"correct_by_audits", "", "audits widen bounds that they exceed more often than promised"},
          correct_by_audits);
  v.value({"labels_to_update", "labels", "new labels after which the learner fits again; 0: never", count},
          labels_to_update);
  v.value({"max_updates", "", "most fits in the run; 0: no limit", count}, max_updates);
  v.value({"label_spacing", "calls", "calls between two labels of a sample handed back", {1.0, kMany}}, label_spacing);
  v.value({"labels_a_call", "labels", "most labels of samples handed back in one call; 0: no limit", count},
          labels_a_call);
  v.value({"keep_labels", "", "labels are kept though no fit is to come"}, keep_labels);
}

void GateConfig::validate() const {
  RangeCheck check;
  GateConfig copy = *this;  // visit() is not const because it also reads files
  copy.visit(check);
}

}  // namespace locum::gate
