// Scan engines as players of the imaging step: full multislice and PRISM as solvers, the local mode as the surrogate
// that the gate may put in their place and audit.
#pragma once

#include "solvers/api/imaging.hpp"
#include "solvers/imaging/engines/local_engine.hpp"
#include "solvers/imaging/engines/scan_engine.hpp"

namespace locum::imaging {

// Any engine, prepared. Probes are shared out among the ranks of the input in equal parts.
class ScanStep : public ImagingStep {
 public:
  explicit ScanStep(ScanEngine& engine) : engine_(engine) {}
  std::string name() const override { return engine_.name(); }
  void evaluate(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output) override;

 private:
  ScanEngine& engine_;
};

// The local mode; its score is the predicted standard error of a probe's signals in units of the channels' means.
template <class T>
class LocalStep : public ImagingSurrogate {
 public:
  explicit LocalStep(LocalEngine<T>& engine) : engine_(engine) {}
  std::string name() const override { return engine_.name(); }
  void evaluate(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output) override;
  void evaluate_with_score(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output,
                           std::span<double> scores) override;

 private:
  LocalEngine<T>& engine_;
};

// What an input's scale should be: the channels' means over the calibration's probes.
template <class T>
std::vector<double> channel_scale(const LocalEngine<T>& engine);

}  // namespace locum::imaging
