#include "solvers/imaging/engines/scan_step.hpp"

#include <algorithm>

namespace locum::imaging {
namespace {

// This rank's part of the samples: where it begins, and the positions.
struct Share {
  std::size_t first;
  std::vector<Position> positions;
};

Share share_of(const ProbeBatch& input, std::span<const int> samples) {
  const auto ranks = static_cast<std::size_t>(input.comm.size()), rank = static_cast<std::size_t>(input.comm.rank());
  const std::size_t first = samples.size() * rank / ranks, last = samples.size() * (rank + 1) / ranks;
  Share share{first, {}};
  for (std::size_t k = first; k < last; ++k) {
    const auto& at = input.position[static_cast<std::size_t>(samples[k])];
    share.positions.push_back({at[0], at[1]});
  }
  return share;
}

// `part` (share, width) of each rank, whole on every rank: (samples, width).
std::vector<double> whole(const ProbeBatch& input, const Share& share, std::size_t samples, std::size_t width,
                          const std::vector<double>& part) {
  std::vector<double> all(samples * width, 0.0);
  std::copy(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(share.first * width));
  input.comm.sum(std::span<double>(all));
  return all;
}

void write(const std::vector<double>& rows, std::span<const int> samples, std::size_t channels,
           DetectorSignals& output) {
  for (std::size_t k = 0; k < samples.size(); ++k)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(k * channels), channels,
                output.signal.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(samples[k]) * channels));
}

}  // namespace

void ScanStep::evaluate(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output) {
  const Share share = share_of(input, samples);
  const auto channels = static_cast<std::size_t>(engine_.channels());
  std::vector<double> part(share.positions.size() * channels);
  const auto [qx, qy] = engine_.pattern();
  std::vector<float> pattern(share.positions.size() * static_cast<std::size_t>(qx) * static_cast<std::size_t>(qy));
  engine_.scan(input.configuration, share.positions, part, pattern);
  write(whole(input, share, samples.size(), channels, part), samples, channels, output);
}

template <class T>
void LocalStep<T>::evaluate(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output) {
  std::vector<double> scores(samples.size());
  evaluate_with_score(input, samples, output, scores);
}

template <class T>
void LocalStep<T>::evaluate_with_score(const ProbeBatch& input, std::span<const int> samples, DetectorSignals& output,
                                       std::span<double> scores) {
  const Share share = share_of(input, samples);
  const auto channels = static_cast<std::size_t>(engine_.channels());
  std::vector<double> part(share.positions.size() * channels), errors(share.positions.size());
  engine_.scan_with_error(input.configuration, share.positions, part, errors);
  write(whole(input, share, samples.size(), channels, part), samples, channels, output);
  const std::vector<double> all = whole(input, share, samples.size(), 1, errors);
  std::copy(all.begin(), all.end(), scores.begin());
}

template <class T>
std::vector<double> channel_scale(const LocalEngine<T>& engine) {
  std::vector<double> scale;
  for (const ChannelError& error : engine.calibration().errors()) scale.push_back(error.mean);
  return scale;
}

template class LocalStep<float>;
template class LocalStep<double>;
template std::vector<double> channel_scale(const LocalEngine<float>&);
template std::vector<double> channel_scale(const LocalEngine<double>&);

}  // namespace locum::imaging
