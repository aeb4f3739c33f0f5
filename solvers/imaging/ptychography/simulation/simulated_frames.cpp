#include "solvers/imaging/ptychography/simulation/simulated_frames.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/node_array.hpp"
#include "solvers/imaging/detectors/dose.hpp"
#include "solvers/imaging/ptychography/frames/image_transform.hpp"

namespace locum::imaging {
namespace {

using Counts = Kokkos::View<float***, Kokkos::LayoutRight, MemorySpace>;  // (batch, nx, ny)

bool alive(const FrameNoiseConfig& config, std::size_t pixel) {
  return random::uniform(static_cast<std::uint64_t>(config.seed), random::Stream::readout, pixel, 0, 1) >=
         config.dead_pixels;
}

struct Detector {
  bool poisson;
  double background, readout;
  std::uint64_t seed;
};

// One frame of a batch: its number in the data set is `frame`.
void count_frame(const ExecutionSpace& space, const Intensities& expected, int b, std::uint64_t frame,
                 const Detector& detector, const View<float*>& mask, const Counts& counts) {
  const Detector d = detector;
  const int ny = expected.extent_int(2), pixels = expected.extent_int(1) * ny;
  Kokkos::parallel_for(
      "ptychography_count_frame", RangePolicy(space, 0, pixels), KOKKOS_LAMBDA(int k) {
        const double mean = expected(b, k / ny, k % ny) + d.background;
        double n = d.poisson ? static_cast<double>(poisson(mean, d.seed, static_cast<std::uint64_t>(k), frame)) : mean;
        if (d.readout > 0.0)
          n += d.readout *
               random::normal_pair(d.seed, random::Stream::readout, static_cast<std::uint64_t>(k), frame).first;
        counts(b, k / ny, k % ny) = n > 0.0 ? static_cast<float>(n) * mask(k) : 0.0f;
      });
}

// Frames that the ranks of a node hold together.
class NodeFrames final : public FrameSource {
 public:
  NodeFrames(const Communicator& comm, int frames, int pixels)
      : frames_(frames),
        pixels_(static_cast<std::size_t>(pixels)),
        counts_(comm, static_cast<std::size_t>(frames) * pixels_, "ptychography::frames") {}
  int frames() const override { return frames_; }
  void read(std::span<const int> which, std::span<float> counts) const override {
    check_read(which, counts.size());
    for (std::size_t k = 0; k < which.size(); ++k)
      std::copy_n(counts_.view().data() + static_cast<std::size_t>(which[k]) * pixels_, pixels_,
                  counts.begin() + static_cast<std::ptrdiff_t>(k * pixels_));
  }
  void fill(const FrameSource& source) {
    const int ranks = counts_.sharers().size(), rank = counts_.sharers().rank();
    const auto first = [&](int r) { return static_cast<int>(static_cast<std::int64_t>(frames_) * r / ranks); };
    std::vector<int> mine(static_cast<std::size_t>(first(rank + 1) - first(rank)));
    std::iota(mine.begin(), mine.end(), first(rank));
    source.read(mine, {counts_.view().data() + static_cast<std::size_t>(first(rank)) * pixels_, mine.size() * pixels_});
    counts_.synchronize();
  }

 private:
  void check_read(std::span<const int> which, std::size_t room) const {
    const bool known = std::all_of(which.begin(), which.end(), [&](int j) { return j >= 0 && j < frames_; });
    if (!known || room != which.size() * pixels_)
      throw ConfigError(fmt::format("{} frames of {} were to be read into {} numbers, {} each were expected",
                                    which.size(), frames_, room, pixels_),
                        "frames");
  }
  int frames_;
  std::size_t pixels_;
  NodeArray<float> counts_;
};

}  // namespace

void FrameNoiseConfig::visit(ConfigVisitor& v) {
  v.value({"poisson", "", "counting noise"}, poisson);
  v.value({"background", "counts", "of a pixel and frame, expected", {0.0, 1e9}}, background);
  v.value({"readout", "counts", "standard deviation of the readout noise", {0.0, 1e6}}, readout);
  v.value({"dead_pixels", "", "share of the detector's pixels", {0.0, 1.0}}, dead_pixels);
  v.value({"beam_stop", "pixels", "radius of a masked disc around the axis", {0.0, 1e5}}, beam_stop);
  v.value({"seed", "", "of noise and dead pixels", {0, 9e15}}, seed);
}

void FrameNoiseConfig::validate() const {
  const auto check = [](double value, double high, const char* name) {
    if (!(value >= 0.0 && value <= high))
      throw ConfigError(fmt::format("{} is {}, 0 … {:.3g} was expected", name, value, high),
                        std::string("noise.") + name);
  };
  check(background, 1e9, "background");
  check(readout, 1e6, "readout");
  check(dead_pixels, 1.0, "dead_pixels");
  check(beam_stop, 1e5, "beam_stop");
  if (seed < 0) throw ConfigError(fmt::format("the seed is {}, 0 or more was expected", seed), "noise.seed");
}

std::vector<float> detector_mask(const FrameNoiseConfig& config, int nx, int ny) {
  config.validate();
  if (config.dead_pixels == 0.0 && config.beam_stop == 0.0) return {};
  std::vector<float> mask;
  for (int ix = 0; ix < nx; ++ix)
    for (int iy = 0; iy < ny; ++iy) {
      const bool seen = std::hypot(signed_index(ix, nx), signed_index(iy, ny)) >= config.beam_stop;
      mask.push_back(seen && alive(config, mask.size()) ? 1.0f : 0.0f);
    }
  return mask;
}

std::vector<float> detector_background(const FrameNoiseConfig& config, int nx, int ny) {
  config.validate();
  if (config.background == 0.0) return {};
  return std::vector<float>(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny),
                            static_cast<float>(config.background));
}

struct SimulatedFrames::State {
  ExecutionSpace space;
  std::unique_ptr<FrameModel> model;
  std::vector<std::array<double, 2>> position;
  Detector detector;
  View<float*> mask;     // (nx ny)
  Intensities expected;  // (batch, nx, ny)
  Counts counts;         // (batch, nx, ny)
};

SimulatedFrames::SimulatedFrames(const ExecutionSpace& space, std::unique_ptr<FrameModel> model,
                                 std::vector<std::array<double, 2>> position, const FrameNoiseConfig& noise,
                                 std::int64_t index) {
  noise.validate();
  const IntensitiesShape shape = model->shape();
  const std::vector<float> mask = detector_mask(noise, shape.nx, shape.ny);
  const Intensities expected = model->make_intensities();
  state_.reset(new State{
      space,
      std::move(model),
      std::move(position),
      {noise.poisson, noise.background, noise.readout, static_cast<std::uint64_t>(data_set_seed(noise.seed, index))},
      View<float*>("ptychography::detector_mask", expected.extent(1) * expected.extent(2)),
      expected,
      Counts("ptychography::counts", expected.extent(0), expected.extent(1), expected.extent(2))});
  const auto host = Kokkos::create_mirror_view(state_->mask);
  for (std::size_t k = 0; k < host.size(); ++k) host(k) = mask.empty() ? 1.0f : mask[k];
  Kokkos::deep_copy(state_->mask, host);
}

SimulatedFrames::~SimulatedFrames() = default;
int SimulatedFrames::frames() const { return static_cast<int>(state_->position.size()); }

void SimulatedFrames::read(std::span<const int> which, std::span<float> counts) const {
  State& s = *state_;
  const std::size_t pixels = s.expected.extent(1) * s.expected.extent(2), batch = s.expected.extent(0);
  if (counts.size() != which.size() * pixels)
    throw ConfigError(
        fmt::format("{} frames of {} pixels were to be read into {} numbers", which.size(), pixels, counts.size()),
        "SimulatedFrames");
  for (const int j : which)
    if (j < 0 || j >= frames())
      throw ConfigError(fmt::format("frame {} was asked for, 0 … {} are there", j, frames() - 1), "SimulatedFrames");
  for (std::size_t first = 0; first < which.size(); first += batch) {
    const std::size_t n = std::min(batch, which.size() - first);
    std::vector<std::array<double, 2>> here;
    for (std::size_t b = 0; b < n; ++b) here.push_back(s.position[static_cast<std::size_t>(which[first + b])]);
    s.model->expect(here, s.expected);
    for (std::size_t b = 0; b < n; ++b)
      count_frame(s.space, s.expected, static_cast<int>(b), static_cast<std::uint64_t>(which[first + b]), s.detector,
                  s.mask, s.counts);
    s.space.fence();
    const auto host = host_copy(s.counts);
    std::copy_n(host.data(), n * pixels, counts.begin() + static_cast<std::ptrdiff_t>(first * pixels));
  }
}

std::int64_t data_set_seed(std::int64_t seed, std::int64_t index) {
  if (index == 0) return seed;
  const auto b =
      random::bits(static_cast<std::uint64_t>(seed), random::Stream::stage, static_cast<std::uint64_t>(index), 2);
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(b.word[0]) << 20) ^ b.word[1]);
}

std::shared_ptr<const FrameSource> kept_frames(const Communicator& comm, const FrameSource& source, int pixels) {
  if constexpr (device_is_host) {
    auto frames = std::make_shared<NodeFrames>(comm, source.frames(), pixels);
    frames->fill(source);
    return frames;
  }
  // Memory that ranks share would be the device's here: each rank has its own on the host.
  std::vector<int> all(static_cast<std::size_t>(source.frames()));
  std::iota(all.begin(), all.end(), 0);
  std::vector<float> counts(all.size() * static_cast<std::size_t>(pixels));
  source.read(all, counts);
  return std::make_shared<FramesInMemory>(source.frames(), std::move(counts));
}

}  // namespace locum::imaging
