// The imaging step: (specimen, probe positions) → detector signals. One sample is one probe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "solvers/api/specimen.hpp"
#include "solvers/api/step.hpp"

namespace locum {

// Probes over one thermal configuration of a specimen. Every rank of `comm` holds all of them; who plays shares the
// work and gives every rank the whole answer.
struct ProbeBatch {
  Communicator comm = Communicator::self();
  int configuration = 0;                        // of those that the players were made with
  std::vector<std::array<double, 2>> position;  // (n, 2), Å
  // What counts as one in each channel, fractions of the beam: the channel's mean. Errors are in its units, so that a
  // bright field does not hide an annular dark field hundreds of times weaker.
  std::vector<double> scale;  // (channels)
};

struct DetectorSignals {
  std::vector<double> signal;  // (n, channels), fractions of the beam
};

struct Imaging {
  using Input = ProbeBatch;
  using Output = DetectorSignals;
  static int samples(const Input& input) { return static_cast<int>(input.position.size()); }
  static Output make_output(const Input& input);
  static void copy_sample(const Input& input, const Output& from, Output& to, int sample);
  // Over the channels of a probe, in units of their scale.
  static SampleError error(const Input& input, const Output& truth, const Output& answer, int sample);
  // configuration, position (2), signal (channels), scale (channels).
  static FieldSet label(const Input& input, const Output& output, int sample);
};

using ImagingStep = Step<Imaging>;
using ImagingSurrogate = Surrogate<Imaging>;

}  // namespace locum
