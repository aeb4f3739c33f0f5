#include "solvers/imaging/ptychography/frame_model.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/window_waves.hpp"

namespace locum::imaging {
namespace {

using Objects = Kokkos::View<Kokkos::complex<double>**, Kokkos::LayoutRight, MemorySpace>;  // (object_nx, object_ny)

void multiply_object(const ExecutionSpace& space, const fft::Waves<double>& waves, int count, const Objects& object,
                     const Origins& origin) {
  Kokkos::parallel_for(
      "ptychography_multiply_object",
      Kokkos::MDRangePolicy<ExecutionSpace, Kokkos::Rank<3, Kokkos::Iterate::Right, Kokkos::Iterate::Right>,
                            Kokkos::IndexType<int>>(space, {0, 0, 0},
                                                    {count, waves.extent_int(1), waves.extent_int(2)}),
      KOKKOS_LAMBDA(int b, int ix, int iy) { waves(b, ix, iy) *= object(origin(b, 0) + ix, origin(b, 1) + iy); });
}

}  // namespace

Intensities FrameModel::make_intensities() const {
  const IntensitiesShape s = shape();
  return Intensities("ptychography::expected", static_cast<std::size_t>(s.batch), static_cast<std::size_t>(s.nx),
                     static_cast<std::size_t>(s.ny));
}

struct FarFieldFrames::State {
  ExecutionSpace space;
  WindowWaves windows;
  Objects object;
};

FarFieldFrames::FarFieldFrames(const ExecutionSpace& space, const Ptychogram& input, const ObjectFunction& object,
                               int batch)
    : state_(new State{space, WindowWaves(space, input, batch), {}}) {
  if (object.value.size() != input.object_size())
    throw ConfigError(fmt::format("an object of {} numbers, {} × {} were expected", object.value.size(),
                                  input.object_nx, input.object_ny),
                      "FarFieldFrames");
  state_->object = Objects("ptychography::true_object", static_cast<std::size_t>(input.object_nx),
                           static_cast<std::size_t>(input.object_ny));
  const auto host = Kokkos::create_mirror_view(state_->object);
  for (std::size_t k = 0; k < object.value.size(); ++k)
    host.data()[k] = Kokkos::complex<double>(object.value[k].real(), object.value[k].imag());
  Kokkos::deep_copy(state_->object, host);
}

FarFieldFrames::~FarFieldFrames() = default;
IntensitiesShape FarFieldFrames::shape() const { return state_->windows.shape(); }

void FarFieldFrames::expect(std::span<const std::array<double, 2>> position, const Intensities& counts) {
  const WindowWaves& windows = state_->windows;
  const int count = static_cast<int>(position.size());
  windows.place(position, state_->object.extent_int(0), state_->object.extent_int(1));
  Kokkos::deep_copy(state_->space, counts, 0.0);
  for (int m = 0; m < windows.modes(); ++m) {
    const fft::Waves<double>& waves = windows.probes(m, count);
    multiply_object(state_->space, waves, count, state_->object, windows.origin());
    windows.add_far_field(count, counts);
  }
  state_->space.fence();
}

}  // namespace locum::imaging
