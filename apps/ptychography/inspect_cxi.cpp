#include "apps/ptychography/inspect_cxi.hpp"

#include <fmt/format.h>

#include "io/cxi/cxi_file.hpp"
#include "io/cxi/cxi_result.hpp"
#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

void show_result(const std::string& path) {
  const io::Reconstruction result = io::read_reconstruction(path);
  log::info(
      fmt::format("  a reconstruction: object of {} × {} pixels of {:.4g} × {:.4g} Å, {} probe mode(s), {} frames",
                  result.object.nx, result.object.ny, result.pixel[0], result.pixel[1], result.probe.modes,
                  result.positions.size() / 2));
  for (const auto& frames : result.frames) log::info(fmt::format("    {:<32} of each frame", frames.name));
  for (const auto& curve : result.curves) log::info(fmt::format("    {:<32} over {}", curve.name, curve.axis));
  for (const auto& map : result.maps) log::info(fmt::format("    {:<32} over the object", map.name));
}

void show_frames(const std::string& path) {
  const io::DiffractionFile file(path);
  log::info(fmt::format("  {} frames of {} × {} pixels; object pixel {:.4g} × {:.4g} Å", file.frames(), file.nx(),
                        file.ny(), file.object_pixel()[0], file.object_pixel()[1]));
  for (const auto& note : file.notes()) log::info("    " + note);
}

}  // namespace

bool is_cxi(const std::string& path) { return io::Hdf5File::open(path).has("/cxi_version"); }

void show_cxi(const std::string& path) {
  const bool result = io::Hdf5File::open(path).has("/entry_1/image_1");
  result ? show_result(path) : show_frames(path);
}

}  // namespace locum::apps
