// The network as a ptychographic step, with a score for the gate.
//
// A frame's score is √(excess² + spread² + moved²): the Fourier error that noise does not explain, which bounds the
// error of P O from below whatever the network thinks of itself; the committee's spread below the probe; and how far
// the last passes still moved the object there. A tile's score is that of its worst frame; infinite where one is NaN.
#pragma once

#include <memory>

#include "surrogates/imaging/object_cascade.hpp"

namespace locum::imaging {

struct FrameScore {
  double excess = 0.0, spread = 0.0, moved = 0.0;
  double score() const;
};

class ObjectStep final : public PtychographySurrogate {
 public:
  // The networks may be fitted again between calls.
  ObjectStep(std::shared_ptr<const ObjectCascade> cascade, std::shared_ptr<DiffractionModel> model);

  std::string name() const override { return "object network"; }
  // Answers for the whole data set, of which the tiles that are listed are given: physics and network need the
  // surroundings. Where a network gives what is no number the answer is what it was given, and its score infinite.
  void evaluate(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output) override;
  void evaluate_with_score(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output,
                           std::span<double> scores) override;

  // Of the last call: one for each frame of the data set, and the maps behind them.
  const std::vector<FrameScore>& frame_scores() const { return scores_; }
  const std::vector<FourierError>& fourier_errors() const { return errors_; }
  const ObjectCascade::Result& result() const { return result_; }

 private:
  void compute(const Ptychogram& input, std::span<const int> samples, ObjectFunction& output);
  std::shared_ptr<const ObjectCascade> cascade_;
  std::shared_ptr<DiffractionModel> model_;
  ObjectCascade::Result result_;
  std::vector<FourierError> errors_;
  std::vector<FrameScore> scores_;
};

}  // namespace locum::imaging
