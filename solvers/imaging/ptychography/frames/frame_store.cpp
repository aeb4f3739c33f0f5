#include "solvers/imaging/ptychography/frames/frame_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {
namespace {

using Policy = Kokkos::TeamPolicy<ExecutionSpace>;
using Member = Policy::member_type;

// One frame's pixels (nx, ny) in the order of the kernels; `missing` for none.
View<float*> arranged(const FrameLayout& layout, const std::vector<float>& pixels, float missing, const char* label) {
  View<float*> view(std::string(label), layout.data());
  const auto host = Kokkos::create_mirror_view(view);
  for (int kx = 0; kx < layout.nx; ++kx)
    for (int ky = 0; ky < layout.ny; ++ky)
      host(layout.at(kx, ky)) = pixels.empty() ? missing : pixels[static_cast<std::size_t>(kx * layout.ny + ky)];
  Kokkos::deep_copy(view, host);
  return view;
}

// √I in the order of the kernels, and each frame's sums. Not finite, or less than nothing: counted, and taken as 0.
void arrange(const ExecutionSpace& space, const FrameLayout& frame_layout, const View<float*>& raw_,
             const FrameData& data_, int first_, int count, const View<double* [3]>& sums_) {
  const FrameLayout layout = frame_layout;
  const View<float*> raw = raw_;
  const FrameData data = data_;
  const View<double* [3]> sums = sums_;
  const int first = first_;
  Kokkos::parallel_for(
      "ptychography::arrange", Policy(space, count, device_is_host ? 1 : 256), KOKKOS_LAMBDA(const Member& team) {
        const float* counts = raw.data() + static_cast<std::size_t>(team.league_rank()) * layout.nx * layout.ny;
        float* amplitude = data.amplitude.data() + static_cast<std::size_t>(first + team.league_rank()) * layout.data();
        double intensity = 0.0, root = 0.0, bad = 0.0;
        // Packs of neighbouring kx at one ky, as they will lie.
        constexpr int pack = FramePack::lanes;
        const int packs = layout.columns / pack;
        for (int item = team.team_rank(); item < packs * layout.ny; item += team.team_size()) {
          const int kx = item / layout.ny * pack, ky = item % layout.ny,
                    real = layout.nx - kx < pack ? layout.nx - kx : pack;
          const std::size_t at = layout.at(kx, ky);
          FramePack n = 0.0f;
          int wrong = 0;
          for (int lane = 0; lane < real; ++lane) n.lane(lane) = counts[(kx + lane) * layout.ny + ky];
          for (int lane = 0; lane < pack; ++lane) {
            const float all = data.valid(at + static_cast<std::size_t>(lane)) > 0.0f ? n.lane(lane) : 0.0f;
            const bool good = all >= 0.0f && all < 1e30f;
            n.lane(lane) = good ? all : 0.0f;
            wrong += good ? 0 : 1;
          }
          const FramePack a = sqrt(n);
          fft::store_pack(amplitude + at, a);
          intensity += static_cast<double>(sum(n));
          root += static_cast<double>(sum(a));
          bad += wrong;
        }
        const double own[3] = {intensity, root, bad};
        for (int k = 0; k < 3; ++k) {
          double total = 0.0;
          const double mine = own[k];
          Kokkos::parallel_reduce(
              Kokkos::TeamThreadRange(team, team.team_size()), [&](int, double& t) { t += mine; }, total);
          Kokkos::single(Kokkos::PerTeam(team), [&]() { sums(team.league_rank(), k) = total; });
        }
      });
}

}  // namespace

FrameStore::FrameStore(const ExecutionSpace& space, const Ptychogram& input, const FrameLayout& layout,
                       std::vector<int> frames, double budget, int batch)
    : space_(space),
      source_(input.frames),
      mask_(input.mask),
      background_(input.background),
      layout_(layout),
      frames_(std::move(frames)) {
  const auto count = static_cast<int>(frames_.size());
  const int at_once = std::max(1, std::min(batch, count));
  resident_ = bytes_of_frame(layout) * count <= budget;
  const auto held = static_cast<std::size_t>(resident_ ? count : at_once);
  data_.amplitude = View<float*>(uninitialized("ptychography::amplitude"), held * layout.data());
  data_.valid = arranged(layout, input.mask, 1.0f, "ptychography::valid");
  data_.background = arranged(layout, input.background, 0.0f, "ptychography::background");
  raw_ = View<float*>(uninitialized("ptychography::counts"), static_cast<std::size_t>(at_once) * input.window());
  counts_ = Kokkos::create_mirror_view(raw_);
  sums_ = View<double* [3]>(uninitialized("ptychography::totals"), static_cast<std::size_t>(at_once));
  totals_.resize(frames_.size());
  std::vector<int> places(frames_.size());
  std::iota(places.begin(), places.end(), 0);
  for (int first = 0; first < count; first += at_once) {
    const std::span<const int> part = std::span<const int>(places).subspan(
        static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(at_once, count - first)));
    read(part, resident_ ? first : 0);
    check(part);
  }
  if (!resident_) return;
  counts_ = {};
  raw_ = {};
}

void FrameStore::read(std::span<const int> places, int first_slot) {
  std::vector<int> which;
  for (int place : places) which.push_back(frames_[static_cast<std::size_t>(place)]);
  const std::size_t numbers =
      which.size() * static_cast<std::size_t>(layout_.nx) * static_cast<std::size_t>(layout_.ny);
  source_->read(which, {counts_.data(), numbers});
  const auto part = std::make_pair(std::size_t{0}, numbers);
  Kokkos::deep_copy(Kokkos::subview(raw_, part), Kokkos::subview(counts_, part));
  arrange(space_, layout_, raw_, data_, first_slot, static_cast<int>(places.size()), sums_);
}

void FrameStore::check(std::span<const int> places) {
  const auto host = host_copy(sums_);
  for (std::size_t k = 0; k < places.size(); ++k) {
    totals_[static_cast<std::size_t>(places[k])] = {host(k, 0), host(k, 1)};
    if (host(k, 2) > 0.0)
      throw NumericalError(fmt::format("frame {} has {:.0f} pixels whose counts are negative or not finite",
                                       frames_[static_cast<std::size_t>(places[k])], host(k, 2)),
                           "ptychogram", "mark bad detector pixels in the mask");
  }
}

bool FrameStore::holds(const Ptychogram& input, const std::vector<int>& frames) const {
  return resident_ && source_ == input.frames && layout_.nx == input.nx && layout_.ny == input.ny &&
         frames_ == frames && mask_ == input.mask && background_ == input.background;
}

std::vector<int> FrameStore::hold(std::span<const int> places) {
  if (resident_) return {places.begin(), places.end()};
  read(places, 0);
  std::vector<int> index(places.size());
  std::iota(index.begin(), index.end(), 0);
  return index;
}

}  // namespace locum::imaging
