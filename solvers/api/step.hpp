// The step: the expensive part of a simulation, as a role that a solver, a surrogate or a gate can play.
//
// A domain (atomistic dynamics, imaging, a toy in a test) is a struct that names its Input and Output and says how to
// count samples, to compare two answers, and to keep a labelled sample:
//
//   struct Domain {
//     using Input = …;  using Output = …;
//     static int samples(const Input&);                                  // 1 configuration, or a batch of probes
//     static Output make_output(const Input&);                           // allocated for this input
//     static void copy_sample(const Input&, const Output& from, Output& to, int sample);
//     static SampleError error(const Input&, const Output& truth, const Output& answer, int sample);  // collective
//     static FieldSet label(const Input&, const Output&, int sample);    // collective; whole on every rank's root
//   };
//
// Everything is collective over the communicator that the input carries, and every rank gets the same scalars.
#pragma once

#include <span>
#include <string>

#include "kokkos_kernels/base/field_set.hpp"

namespace locum {

// How far an answer is from the truth, in the domain's metric (atomistic: Cartesian force components, eV/Å).
struct SampleError {
  double mean_square = 0.0;  // over the components of the sample
  double largest = 0.0;      // atomistic: largest atomic |ΔF|; what the uncertainty of a sample predicts
};

template <class Domain>
class Step {
 public:
  virtual ~Step() = default;
  virtual std::string name() const = 0;
  // Answers the samples listed in `samples` and leaves the others' part of the output alone.
  virtual void evaluate(const typename Domain::Input& input, std::span<const int> samples, typename Domain::Output& output) = 0;
  // The same, by someone who may begin from an answer that is there already: what iterates saves iterations, what does
  // not ignores it. `start` answers all samples that are listed, and may not be `output`.
  virtual void evaluate_from(const typename Domain::Output& start, const typename Domain::Input& input,
                             std::span<const int> samples, typename Domain::Output& output) {
    static_cast<void>(start);
    evaluate(input, samples, output);
  }
  // Does evaluate_from make use of its start? Else its answers are those of evaluate.
  virtual bool starts_from_answer() const { return false; }
};

// A step that also says, for each sample that it answers, how large its error may be.
template <class Domain>
class Surrogate : public Step<Domain> {
 public:
  // scores: one for each entry of `samples`, raw (before calibration), larger means less certain; never negative.
  virtual void evaluate_with_score(const typename Domain::Input& input, std::span<const int> samples,
                                   typename Domain::Output& output, std::span<double> scores) = 0;
};

}  // namespace locum
