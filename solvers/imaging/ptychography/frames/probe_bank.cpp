#include "solvers/imaging/ptychography/frames/probe_bank.hpp"

#include <algorithm>
#include <cmath>

#include "solvers/imaging/ptychography/frames/update_kernels.hpp"

namespace locum::imaging {
namespace {

using Fraction = ProbeBank::Fraction;
using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;
using Phases = Kokkos::View<fft::Complex<float>**, Kokkos::LayoutRight, MemorySpace>;
constexpr int at_once = 16;  // probes that are moved in one go: bounds the memory for it

// What those moved in one go are moved by, and where they go: so few numbers travel with the kernel.
struct Shifts {
  float by[at_once][2];
  explicit Shifts(std::span<const Fraction> fractions) : by{} {
    for (std::size_t k = 0; k < fractions.size(); ++k)
      for (std::size_t axis = 0; axis < 2; ++axis) by[k][axis] = fractions[k][axis];
  }
};
struct Places {
  int at[at_once];
  explicit Places(std::span<const int> index) : at{} { std::copy(index.begin(), index.end(), at); }
};

// phases(k) ← exp(sign 2πi k s / n) of at most at_once fractions: a move along x and one along y are a factor each.
void shift_phases(const ExecutionSpace& space, std::span<const Fraction> fractions, int nx, int ny, float sign,
                  const Phases& phases_) {
  const Phases phases = phases_;
  const Shifts shifts(fractions);
  Kokkos::parallel_for(
      "ptychography::shift_phases", RangePolicy(space, 0, static_cast<int>(fractions.size()) * (nx + ny)),
      KOKKOS_LAMBDA(int item) {
        const int k = item / (nx + ny), i = item % (nx + ny), axis = i < nx ? 0 : 1;
        const int n = axis == 0 ? nx : ny, at = axis == 0 ? i : i - nx;
        const float frequency = static_cast<float>(2 * at < n ? at : at - n) / static_cast<float>(n);
        const float angle = sign * 6.2831853f * frequency * shifts.by[k][axis];
        phases(k, i) = fft::Complex<float>(cosf(angle), sinf(angle));
      });
}

// visit(wave, ix, iy) for every point of `count` waves.
template <class Visit>
void over_waves(const ExecutionSpace& space, const char* label, int count, int nx, int ny, const Visit& visit_) {
  const Visit visit = visit_;
  Kokkos::parallel_for(
      label, Policy(space, count * nx, device_is_host ? 1 : 64), KOKKOS_LAMBDA(const Member& team) {
        const int wave = team.league_rank() / nx, ix = team.league_rank() % nx;
        for (int iy = team.team_rank(); iy < ny; iy += team.team_size()) visit(wave, ix, iy);
      });
}

// work(k × modes + m) ← source(m) moved by fraction k
void apply_phases(const ExecutionSpace& space, const fft::Waves<float>& source, int modes, const Phases& phases,
                  int count, const fft::Waves<float>& work) {
  const int nx = source.extent_int(1), ny = source.extent_int(2);
  over_waves(
      space, "ptychography::move_probe", count * modes, nx, ny, KOKKOS_LAMBDA(int wave, int ix, int iy) {
        const int k = wave / modes;
        work(wave, ix, iy) = phases(k, ix) * phases(k, nx + iy) * source(wave % modes, ix, iy);
      });
}

// sum(m) ← (or +=) Σ_k products(k × modes + m) moved back by fraction k
void sum_phases(const ExecutionSpace& space, const fft::Waves<float>& products, int modes, const Phases& phases,
                int count, bool add, const fft::Waves<float>& sum) {
  const int nx = sum.extent_int(1), ny = sum.extent_int(2);
  over_waves(
      space, "ptychography::move_back", modes, nx, ny, KOKKOS_LAMBDA(int m, int ix, int iy) {
        fft::Complex<float> total = add ? sum(m, ix, iy) : fft::Complex<float>(0.0f, 0.0f);
        for (int k = 0; k < count; ++k) total += phases(k, ix) * phases(k, nx + iy) * products(k * modes + m, ix, iy);
        sum(m, ix, iy) = total;
      });
}

// planes(index(k) × modes + m) ← waves(k × modes + m); rows' padding stays zero
void to_planes(const ExecutionSpace& space, const fft::Waves<float>& waves, int modes, std::span<const int> index,
               const Planes& planes_) {
  const Planes planes = planes_;
  const Places places(index);
  over_waves(
      space, "ptychography::keep_probe", static_cast<int>(index.size()) * modes, waves.extent_int(1),
      waves.extent_int(2), KOKKOS_LAMBDA(int w, int ix, int iy) {
        float* at =
            planes.at(places.at[w / modes] * modes + w % modes) + static_cast<std::ptrdiff_t>(ix) * planes.stride;
        at[iy] = waves(w, ix, iy).real();
        at[planes.plane() + static_cast<std::size_t>(iy)] = waves(w, ix, iy).imag();
      });
}

bool still(const Fraction& f) { return f[0] == 0.0f && f[1] == 0.0f; }

}  // namespace

PixelPosition pixel_position(const std::array<double, 2>& position, int raster) {
  constexpr double nothing = 1e-4;  // pixels: what units leave of whole ones, and no frame can tell
  PixelPosition p;
  int* whole[2] = {&p.x, &p.y};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const double at = raster > 0 ? std::floor(position[axis] * raster + 0.5) / raster : position[axis];
    const double pixel = std::floor(at + 0.5);
    *whole[axis] = static_cast<int>(pixel);
    const double fraction = at - pixel;
    p.fraction[axis] = std::abs(fraction) < nothing ? 0.0f : static_cast<float>(fraction);
  }
  return p;
}

ProbeBank::ProbeBank(const ExecutionSpace& space, const FrameLayout& layout, int modes, int capacity)
    : space_(space),
      layout_(layout),
      modes_(modes),
      capacity_(capacity),
      probe_("ptychography::probe", modes, layout.nx, layout.ny),
      reciprocal_("ptychography::probe_reciprocal", modes, layout.nx, layout.ny),
      work_("ptychography::probe_work", at_once * modes, layout.nx, layout.ny),
      phases_("ptychography::shift_phases", at_once, static_cast<std::size_t>(layout.nx + layout.ny)),
      moved_("ptychography::moved_probes", capacity * modes, layout),
      one_(std::make_shared<const fft::Transform2d<float>>(space, modes, layout.nx, layout.ny)),
      many_(std::make_shared<const fft::Transform2d<float>>(space, at_once * modes, layout.nx, layout.ny)) {}

bool ProbeBank::holds(const FrameLayout& layout, std::span<const Value> probe, int capacity) const {
  return layout_.nx == layout.nx && layout_.ny == layout.ny && capacity_ >= capacity &&
         std::equal(given_.begin(), given_.end(), probe.begin(), probe.end());
}

void ProbeBank::set(std::span<const Value> probe) {
  const auto host = Kokkos::create_mirror_view(probe_);
  for (std::size_t k = 0; k < probe.size(); ++k) host.data()[k] = fft::Complex<float>(probe[k].real(), probe[k].imag());
  Kokkos::deep_copy(probe_, host);
  changed();
  given_.assign(probe.begin(), probe.end());
}

float brightest_of(const ExecutionSpace& space, const fft::Waves<float>& probe_) {
  const fft::Waves<float> probe = probe_;
  const int modes = probe.extent_int(0), pixels = probe.extent_int(1) * probe.extent_int(2);
  float most = 0.0f;
  Kokkos::parallel_reduce(
      "ptychography::brightest", RangePolicy(space, 0, pixels),
      KOKKOS_LAMBDA(int i, float& largest) {
        float sum = 0.0f;
        for (int m = 0; m < modes; ++m) {
          const auto p = probe.data()[static_cast<std::ptrdiff_t>(m) * pixels + i];
          sum += p.real() * p.real() + p.imag() * p.imag();
        }
        if (sum > largest) largest = sum;
      },
      Kokkos::Max<float>(most));
  return most;
}

void ProbeBank::changed() {
  Kokkos::deep_copy(space_, reciprocal_, probe_);
  one_->forward(reciprocal_);
  brightest_ = -1.0f;
  index_.clear();
  given_.clear();
}

float ProbeBank::brightest() {
  if (brightest_ < 0.0f) brightest_ = brightest_of(space_, probe_);
  return brightest_;
}

std::vector<ProbeBank::Value> ProbeBank::get() const {
  const auto host = host_copy(probe_);
  std::vector<Value> values(probe_.size());
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = {host.data()[k].real(), host.data()[k].imag()};
  return values;
}

void ProbeBank::add(float factor, const fft::Waves<float>& change) {
  add_waves(space_, factor, change, probe_);
  changed();
}

std::vector<int> ProbeBank::prepare(std::span<const Fraction> fractions) {
  std::vector<Fraction> missing;
  for (const Fraction& f : fractions)
    if (!index_.count(f) && std::find(missing.begin(), missing.end(), f) == missing.end()) missing.push_back(f);
  if (static_cast<int>(index_.size() + missing.size()) > capacity_) {
    index_.clear();
    return prepare(fractions);
  }
  std::vector<int> places;
  for (const Fraction& f : missing) {
    const int place = static_cast<int>(index_.size());
    index_.emplace(f, place);
    places.push_back(place);
  }
  if (!missing.empty()) {
    if (missing.size() == 1 && still(missing.front()))  // to the bit, and without a transform
      to_planes(space_, probe_, modes_, places, moved_);
    else
      move_reciprocal(missing, places, reciprocal_, moved_);
  }
  std::vector<int> index;
  for (const Fraction& f : fractions) index.push_back(index_.at(f));
  return index;
}

void ProbeBank::move_reciprocal(std::span<const Fraction> fractions, std::span<const int> index,
                                const fft::Waves<float>& source, const Planes& to) const {
  for (std::size_t first = 0; first < fractions.size(); first += at_once) {
    const int count = static_cast<int>(std::min<std::size_t>(at_once, fractions.size() - first));
    const auto some = fractions.subspan(first, static_cast<std::size_t>(count));
    shift_phases(space_, some, layout_.nx, layout_.ny, -1.0f, phases_);
    apply_phases(space_, source, modes_, phases_, count, work_);
    const auto part = Kokkos::subview(work_, std::make_pair(0, count * modes_), Kokkos::ALL, Kokkos::ALL);
    many_->inverse(part);
    to_planes(space_, part, modes_, index.subspan(first, static_cast<std::size_t>(count)), to);
  }
}

void ProbeBank::move(std::span<const Fraction> fractions, std::span<const int> index, const fft::Waves<float>& wave,
                     const Planes& to) {
  if (std::all_of(fractions.begin(), fractions.end(), still)) {
    to_planes(space_, wave, modes_, index.first(1), to);
    return;
  }
  if (wave_.extent(0) == 0)  // most users move the probe alone
    wave_ =
        fft::Waves<float>(uninitialized("ptychography::moved_wave"), wave.extent(0), wave.extent(1), wave.extent(2));
  Kokkos::deep_copy(space_, wave_, wave);
  one_->forward(wave_);
  move_reciprocal(fractions, index, wave_, to);
}

void ProbeBank::move_back(std::span<const Fraction> fractions, const fft::Waves<float>& products,
                          const fft::Waves<float>& sum) const {
  if (fractions.size() == 1 && still(fractions[0])) {
    Kokkos::deep_copy(space_, sum, products);
    return;
  }
  const int all = static_cast<int>(fractions.size());
  for (int first = 0; first < all; first += at_once) {
    const int count = std::min(at_once, all - first);
    const auto part =
        Kokkos::subview(products, std::make_pair(first * modes_, (first + count) * modes_), Kokkos::ALL, Kokkos::ALL);
    many_->forward(part);
    shift_phases(space_, fractions.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
                 layout_.nx, layout_.ny, 1.0f, phases_);
    sum_phases(space_, part, modes_, phases_, count, first > 0, sum);
  }
  one_->inverse(sum);
}

}  // namespace locum::imaging
