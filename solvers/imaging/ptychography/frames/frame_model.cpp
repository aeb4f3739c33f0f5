#include "solvers/imaging/ptychography/frames/frame_model.hpp"

#include <fmt/format.h>

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/frames/window_waves.hpp"

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

class FarFieldFrames final : public FrameModel {
 public:
  FarFieldFrames(const ExecutionSpace& space, const Ptychogram& input, const ObjectFunction& object, int batch)
      : space_(space),
        windows_(space, input, batch),
        object_("ptychography::true_object", static_cast<std::size_t>(input.object_nx),
                static_cast<std::size_t>(input.object_ny)) {
    const auto host = Kokkos::create_mirror_view(object_);
    for (std::size_t k = 0; k < object.value.size(); ++k)
      host.data()[k] = Kokkos::complex<double>(object.value[k].real(), object.value[k].imag());
    Kokkos::deep_copy(object_, host);
  }

  IntensitiesShape shape() const override { return windows_.shape(); }

  void expect(std::span<const std::array<double, 2>> position, const Intensities& counts) override {
    const int count = static_cast<int>(position.size());
    windows_.place(position, object_.extent_int(0), object_.extent_int(1));
    Kokkos::deep_copy(space_, counts, 0.0);
    for (int m = 0; m < windows_.modes(); ++m) {
      const fft::Waves<double>& waves = windows_.probes(m, count);
      multiply_object(space_, waves, count, object_, windows_.origin());
      windows_.add_far_field(count, counts);
    }
    space_.fence();
  }

 private:
  ExecutionSpace space_;
  WindowWaves windows_;
  Objects object_;
};

}  // namespace

Intensities FrameModel::make_intensities() const {
  const IntensitiesShape s = shape();
  return Intensities("ptychography::expected", static_cast<std::size_t>(s.batch), static_cast<std::size_t>(s.nx),
                     static_cast<std::size_t>(s.ny));
}

std::unique_ptr<FrameModel> far_field_frames(const ExecutionSpace& space, const Ptychogram& input,
                                             const ObjectFunction& object, int batch) {
  if (object.value.size() != input.object_size())
    throw ConfigError(fmt::format("an object of {} numbers, {} × {} were expected", object.value.size(),
                                  input.object_nx, input.object_ny),
                      "far_field_frames");
  return std::make_unique<FarFieldFrames>(space, input, object, batch);
}

}  // namespace locum::imaging
