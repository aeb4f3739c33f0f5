#include "solvers/api/imaging.hpp"

#include <algorithm>
#include <cmath>

namespace locum {

DetectorSignals Imaging::make_output(const ProbeBatch& input) {
  return {std::vector<double>(input.position.size() * input.scale.size(), 0.0)};
}

void Imaging::copy_sample(const ProbeBatch& input, const DetectorSignals& from, DetectorSignals& to, int sample) {
  const auto channels = static_cast<std::ptrdiff_t>(input.scale.size());
  std::copy_n(from.signal.begin() + sample * channels, channels, to.signal.begin() + sample * channels);
}

SampleError Imaging::error(const ProbeBatch& input, const DetectorSignals& truth, const DetectorSignals& answer,
                           int sample) {
  const std::size_t channels = input.scale.size(), first = static_cast<std::size_t>(sample) * channels;
  SampleError error;
  for (std::size_t c = 0; c < channels; ++c) {
    const double off = std::abs(answer.signal[first + c] - truth.signal[first + c]) / input.scale[c];
    error.mean_square += off * off / static_cast<double>(channels);
    error.largest = std::max(error.largest, off);
  }
  if (std::isnan(error.mean_square)) error.largest = error.mean_square;  // std::max passes over NaN
  return error;
}

FieldSet Imaging::label(const ProbeBatch& input, const DetectorSignals& output, int sample) {
  const std::size_t channels = input.scale.size(), first = static_cast<std::size_t>(sample) * channels;
  const auto& position = input.position[static_cast<std::size_t>(sample)];
  const auto count = static_cast<std::int64_t>(channels);
  FieldSet fields;
  fields.add("configuration", "1", {1}, std::vector<std::int64_t>{input.configuration});
  fields.add("position", "Angstrom", {2}, std::vector<double>{position[0], position[1]});
  fields.add("signal", "1", {count},
             std::vector<double>(output.signal.begin() + static_cast<std::ptrdiff_t>(first),
                                 output.signal.begin() + static_cast<std::ptrdiff_t>(first + channels)));
  fields.add("scale", "1", {count}, std::vector<double>(input.scale));
  return fields;
}

}  // namespace locum
