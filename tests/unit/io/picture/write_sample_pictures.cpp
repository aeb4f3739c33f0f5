// write_sample_pictures FOLDER: a 40 × 20 ramp in every format, for picture_readers_test.py.
#include <mpi.h>

#include <cmath>
#include <cstdio>

#include "io/picture/picture.hpp"
#include "kokkos_kernels/base/errors.hpp"

int main(int argc, char** argv) {
  using namespace locum;
  if (argc < 2) return 1;
  MPI_Init(&argc, &argv);
  int code = 0;
  const std::string folder = argv[1];
  io::Picture picture{40, 20, 0.25, 0.5, {}, "electrons", {}};  // 10 Å × 10 Å
  for (int ix = 0; ix < picture.nx; ++ix)
    for (int iy = 0; iy < picture.ny; ++iy) picture.values.push_back(ix + 100.0 * iy);
  auto phase = picture;
  for (std::size_t k = 0; k < phase.values.size(); ++k) {
    phase.values[k] = std::remainder(0.02 * phase.values[k], 6.283185307179586);
    phase.brightness.push_back(static_cast<double>(k) / 800.0);
  }
  try {
    io::write_tiff(folder + "/ramp.tif", picture);
    io::write_tiff16(folder + "/ramp16.tif", picture);
    io::PictureConfig config;
    config.least_pixels = 320;
    io::write_png(folder + "/ramp.png", picture, config);
    config.colors = "viridis";
    io::write_png(folder + "/viridis.png", picture, config);
    config.colors = "phase";
    io::write_png(folder + "/phase.png", phase, config);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = static_cast<int>(error.code());
  }
  MPI_Finalize();
  return code;
}
