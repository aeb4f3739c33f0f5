#include "solvers/imaging/ptychography/ptychography_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <set>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/together.hpp"
#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/frames/object_pixels.hpp"

namespace locum::imaging {
namespace {

// What exit waves leave is shared between frames, which come first, and moved probes.
MemoryShare share_memory(const PtychographyConfig& config, double all, const FrameLayout& layout, int modes, int own,
                         int batch, double waves) {
  const double window = 2.0 * sizeof(float) * static_cast<double>(layout.nx) * layout.stride * modes;
  const double needed = window * (waves * own + 2.0 * batch);
  if (needed > all)
    throw ConfigError(fmt::format("engine '{}' keeps {} of exit waves on a rank, memory is {}", config.engine,
                                  bytes_text(needed), bytes_text(all)),
                      "ptychography.memory",
                      "more ranks, a smaller batch, or an engine that keeps no exit waves: lsqml, rpie");
  const double frames = FrameStore::bytes_of_frame(layout) * own, rest = all - needed;
  MemoryShare budget;
  budget.frames = std::min(frames, rest - std::min(rest, window * batch));
  const double for_probes = budget.frames < frames ? window * batch : rest - budget.frames;
  budget.probes = std::max(batch, static_cast<int>(std::min<double>(own, for_probes / window)));
  return budget;
}

FrameStore make_store(const ExecutionSpace& space, const Ptychogram& input, const FrameLayout& layout,
                      std::vector<int> own, double budget, int batch, const KeptFrames* kept) {
  // Ranks that do not agree would wait for each other: each of them reads, or none.
  const bool same = kept != nullptr && kept->store.holds(input, own);
  if (!input.comm.any(!same)) return kept->store;
  std::unique_ptr<FrameStore> store;
  together(input.comm,
           [&] { store = std::make_unique<FrameStore>(space, input, layout, std::move(own), budget, batch); });
  return std::move(*store);
}

bool follows(const PtychographyConfig& config) { return config.probe.refine || config.positions.correct; }

ProbeBank make_bank(const ExecutionSpace& space, const Ptychogram& input, const FrameLayout& layout, int capacity,
                    const KeptFrames* kept) {
  if (kept && kept->probe.holds(layout, input.probe, capacity)) return kept->probe;
  ProbeBank bank(space, layout, input.modes, capacity);
  bank.set(input.probe);
  return bank;
}

// Frames of one fraction of a pixel share their moved probes: no more of them than there are fractions are ever wanted,
// while positions stay.
int moved_probes(const Ptychogram& input, std::span<const int> frames, const PtychographyConfig& config, int room) {
  if (config.positions.correct) return room;
  std::set<ProbeBank::Fraction> fractions;
  for (int j : frames) {
    fractions.insert(pixel_position(input.position[static_cast<std::size_t>(j)], config.shift_raster).fraction);
    if (static_cast<int>(fractions.size()) >= room) return room;
  }
  return std::max(1, static_cast<int>(fractions.size()));
}

int at_least_one(int n) { return std::max(1, n); }

}  // namespace

double memory_budget(const Communicator& comm, const PtychographyConfig& config) {
  constexpr double gib = 1024.0 * 1024.0 * 1024.0, share = 0.5;  // the object's arrays and batches take of the rest
  if (config.memory > 0.0) return config.memory * gib;
  if (device_is_host) return 4.0 * gib;
  const int sharing = ranks_on_device(comm);
  const double least = comm.min(static_cast<double>(available_device_memory()) / sharing);
  return least > 0.0 ? share * least : 4.0 * gib;
}

PtychographyFields::PtychographyFields(const Ptychogram& input, std::vector<int> which,
                                       const PtychographyConfig& config, int batch, int at_once, double waves,
                                       const KeptFrames* kept)
    : input_(input),
      config_(config),
      order_(spatial_order(input.position, std::move(which))),
      share_(own_share(frames(), input.comm.rank(), input.comm.size())),
      batch_(std::clamp(batch, 1, at_least_one(frames()))),
      own_batch_(at_least_one(std::min({batch_, at_once, share_.second - share_.first}))),
      kernels_(space_, input.nx, input.ny, input.modes, own_batch_),
      budget_(share_memory(config, memory_budget(input.comm, config), layout(), input.modes,
                           share_.second - share_.first, own_batch_, waves)),
      store_(make_store(space_, input, layout(), {order_.begin() + share_.first, order_.begin() + share_.second},
                        budget_.frames, own_batch_, kept)),
      object_plane("ptychography::object", 1, input.object_nx, input.object_ny),
      probe(make_bank(space_, input, layout(),
                      moved_probes(input, std::span(order_).subspan(share_.first, share_.second - share_.first), config,
                                   budget_.probes),
                      follows(config) ? nullptr : kept)),
      change_("ptychography::change", own_batch_ * input.modes, layout()),
      light_("ptychography::light", 1, input.object_nx, input.object_ny) {
  poisson_step.assign(static_cast<std::size_t>(last() - first()), 0.5f);
  for (int j : order_) position_.push_back(input.position[static_cast<std::size_t>(j)]);
  place_windows();
  take_light(kept);
}

// Of the same frames at the same places under the same probe. Ranks agree: all of them read frames again, or none.
void PtychographyFields::take_light(const KeptFrames* kept) {
  const bool same = kept && !follows(config_) && kept->light.count > 0 && kept->position == position_ &&
                    kept->light.rows == input_.object_nx && kept->light.stride == light_.stride &&
                    kept->probe.holds(layout(), input_.probe, 1) &&
                    kept->store.holds(input_, {order_.begin() + share_.first, order_.begin() + share_.second});
  if (comm().any(!same)) return;
  light_ = kept->light;
  own_light_ = kept->own_light;
  largest_light_ = kept->largest_light;
  light_known_ = true;
}

std::unique_ptr<KeptFrames> PtychographyFields::keep() {
  if (!store_.resident() || follows(config_)) return nullptr;
  auto kept = std::make_unique<KeptFrames>(KeptFrames{store_, probe, position_, {}, {}, 0.0f});
  if (light_known_) {
    kept->light = light_;
    kept->own_light = own_light_;
    kept->largest_light = largest_light_;
  }
  return kept;
}

PixelPosition PtychographyFields::pixel(int place) const {
  PixelPosition p = pixel_position(position_[static_cast<std::size_t>(place)], config_.shift_raster);
  p.x = std::clamp(p.x, 0, input_.object_nx - input_.nx);
  p.y = std::clamp(p.y, 0, input_.object_ny - input_.ny);
  return p;
}

PixelBox PtychographyFields::windows(std::span<const int> places) const {
  PixelBox box;
  for (int place : places) {
    const PixelPosition p = pixel(place);
    const PixelBox w{p.x, p.y, p.x + input_.nx, p.y + input_.ny};
    box = box.empty() ? w
                      : PixelBox{std::min(box.x0, w.x0), std::min(box.y0, w.y0), std::max(box.x1, w.x1),
                                 std::max(box.y1, w.y1)};
  }
  return box;
}

namespace {

// Slopes at a window's edge look at the next pixel.
PixelBox with_neighbours(const PixelBox& box, const Ptychogram& input) {
  return box.empty() ? box : intersection({box.x0 - 1, box.y0 - 1, box.x1 + 1, box.y1 + 1}, input.whole());
}

}  // namespace

void PtychographyFields::place_windows() {
  over_ranks_.gather(object_plane);  // windows may come to lie where another rank was right
  std::vector<PixelBox> region;
  std::vector<int> places;
  for (int rank = 0; rank < comm().size(); ++rank) {
    const auto [from, to] = own_share(frames(), rank, comm().size());
    places.resize(static_cast<std::size_t>(to - from));
    std::iota(places.begin(), places.end(), from);
    region.push_back(whole_tiles(with_neighbours(windows(places), input_)));
  }
  ObjectSum moved(space_, comm(), std::move(region), input_.object_nx, input_.object_ny);
  moved.take_room(over_ranks_);
  over_ranks_ = std::move(moved);
  light_known_ = false;
}

std::vector<int> PtychographyFields::own(std::span<const int> places) const {
  std::vector<int> mine;
  std::copy_if(places.begin(), places.end(), std::back_inserter(mine),
               [&](int u) { return u >= first() && u < last(); });
  return mine;
}

std::vector<PixelBox> PtychographyFields::touched(std::span<const int> places) const {
  std::vector<PixelBox> boxes;
  for (int rank = 0; rank < comm().size(); ++rank) {
    const auto [from, to] = own_share(frames(), rank, comm().size());
    std::vector<int> of_rank;
    std::copy_if(places.begin(), places.end(), std::back_inserter(of_rank),
                 [from = from, to = to](int u) { return u >= from && u < to; });
    boxes.push_back(whole_tiles(windows(of_rank)));
  }
  return boxes;
}

PtychographyFields::Held PtychographyFields::hold(std::span<const int> places) {
  Held held;
  held.places.assign(places.begin(), places.end());
  held.windows = windows(places);
  if (places.empty()) return held;
  std::vector<int> local;
  for (int u : places) {
    held.fractions.push_back(pixel(u).fraction);
    local.push_back(u - first());
  }
  held.probes = probe.prepare(held.fractions);
  const std::vector<int> data = store_.hold(local);
  const std::span<FramePlace> to = places_.room(space_, places.size());
  for (std::size_t k = 0; k < places.size(); ++k) {
    const PixelPosition p = pixel(places[k]);
    to[k] = {p.x, p.y, held.probes[k], data[k], poisson_step[static_cast<std::size_t>(local[k])]};
  }
  places_.send(space_);
  held.batch = {static_cast<int>(places.size()), places_.device()};
  return held;
}

void PtychographyFields::begin_change(const Held& held) {
  if (held.count() > 0) kernels_.change(held.batch, store_.data(), object_plane, probe.moved(), likelihood(), change_);
}

void PtychographyFields::end_change(const Held& held, double& amplitude, double& amplitudes) {
  if (held.count() == 0) return;
  const std::vector<FrameSums> sums = kernels_.sums(held.count());
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const auto local = static_cast<std::size_t>(held.places[k] - first());
    amplitude += sums[k].amplitude;
    amplitudes += store_.totals(static_cast<int>(local)).amplitudes;
    if (likelihood() == Likelihood::poisson && sums[k].step_denominator > 0.0)
      poisson_step[local] = static_cast<float>(
          std::clamp(0.5 * poisson_step[local] + 0.5 * sums[k].step_numerator / sums[k].step_denominator, 0.0, 1.0));
  }
}

std::vector<FourierError> PtychographyFields::errors_of(const Held& held) {
  if (held.count() == 0) return {};
  kernels_.compare(held.batch, store_.data(), object_plane, probe.moved());
  return errors_from_sums(held);
}

std::vector<FourierError> PtychographyFields::change_and_errors_of(const Held& held) {
  if (held.count() == 0) return {};
  kernels_.change_and_compare(held.batch, store_.data(), object_plane, probe.moved(), likelihood(), change_);
  return errors_from_sums(held);
}

std::vector<FourierError> PtychographyFields::errors_from_sums(const Held& held) const {
  std::vector<FourierError> errors;
  const std::vector<FrameSums> sums = kernels_.sums(held.count());
  for (std::size_t k = 0; k < sums.size(); ++k) {
    const FrameStore::Totals& totals = store_.totals(held.places[k] - first());
    FourierError e{sums[k].off, sums[k].noise, totals.counts, sums[k].amplitude, totals.amplitudes};
    if (totals.counts > 0.0 && sums[k].model > 0.0) {
      e.shift_x = sums[k].measured_x / totals.counts - sums[k].model_x / sums[k].model;
      e.shift_y = sums[k].measured_y / totals.counts - sums[k].model_y / sums[k].model;
    }
    errors.push_back(e);
  }
  return errors;
}

void PtychographyFields::probe_sum(const Held& held, const Planes& waves, int first_wave,
                                   const fft::Waves<float>& sum) {
  probe_sum_of_rank(held, waves, first_wave, sum);
  sum_over_ranks(sum);
}

void PtychographyFields::probe_sum_of_rank(const Held& held, const Planes& waves, int first_wave,
                                           const fft::Waves<float>& sum) {
  const bool still = std::all_of(held.fractions.begin(), held.fractions.end(),
                                 [](const ProbeBank::Fraction& f) { return f[0] == 0.0f && f[1] == 0.0f; });
  const int needed = still ? modes() : own_batch_ * modes();
  if (products_.extent_int(0) < needed)
    products_ = fft::Waves<float>("ptychography::probe_products", needed, input_.nx, input_.ny);
  if (held.count() == 0) {
    Kokkos::deep_copy(space_, sum, fft::Complex<float>(0.0f, 0.0f));
  } else {
    const int used = still ? modes() : held.count() * modes();
    const auto part = Kokkos::subview(products_, std::make_pair(0, used), Kokkos::ALL, Kokkos::ALL);
    probe_products(space_, layout(), modes(), held.batch, object_plane, waves, first_wave, still, part);
    const std::span<const ProbeBank::Fraction> fractions(held.fractions);
    probe.move_back(still ? fractions.first(1) : fractions, part, sum);
  }
}

}  // namespace locum::imaging
