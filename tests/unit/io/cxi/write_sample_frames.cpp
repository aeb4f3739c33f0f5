// write_sample_frames frames PATH FRAMES NX NY photons|electrons [MICROSECONDS]: the data set of sample_frames.hpp,
// with a
//   pause for each frame; prints "begun" when the first frame may be written.
// write_sample_frames result PATH: its result.
// write_sample_frames read PATH [KEY=VALUE …]: what a DiffractionFile makes of a file of others; or its error.
// For cxi_readers_test.py and killed_frames_test.py.
#include <mpi.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "io/cxi/cxi_file.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "tests/unit/io/cxi/sample_frames.hpp"

namespace locum::io {
namespace {

void write(const Communicator& comm, int argc, char** argv) {
  auto layout = sample_frames(std::atoll(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]));
  layout.electrons = std::strcmp(argv[6], "electrons") == 0;
  const auto pause = static_cast<useconds_t>(argc > 7 ? std::atoi(argv[7]) : 0);
  DiffractionWriter writer(comm, argv[2], layout);
  if (comm.is_root()) std::printf("begun\n");
  std::fflush(stdout);
  for (std::int64_t frame = comm.rank(); frame < layout.frames; frame += comm.size()) {
    if (pause > 0) ::usleep(pause);
    writer.write(frame, FrameOrder::fft, sample_counts(layout, frame, 1, FrameOrder::fft));
  }
  writer.finish();
  if (comm.is_root()) std::printf("all\n");
}

void read(int argc, char** argv) {
  std::string text;
  for (int k = 3; k < argc; ++k) text += std::string(argv[k]) + "\n";
  DiffractionKeys keys;
  read_config(TomlDocument::parse(text, "keys"), keys);
  const DiffractionFile file(argv[2], keys);
  std::printf("frames %ld %d %d\n", static_cast<long>(file.frames()), file.nx(), file.ny());
  std::printf("pixel %.12g %.12g\nwavelength %.12g\nelectrons %d\n", file.object_pixel()[0], file.object_pixel()[1],
              file.wavelength(), file.electrons());
  const auto probe = file.probe();
  std::printf("probe %ld\n", static_cast<long>(probe.modes));
  for (std::size_t k = 0; k < file.positions().size(); k += 2)
    std::printf("position %.12g %.12g\n", file.positions()[k], file.positions()[k + 1]);
  std::printf("mask");
  for (const auto good : file.mask(FrameOrder::centred)) std::printf(" %d", good);
  std::printf("\n");
  std::vector<float> counts(static_cast<std::size_t>(file.nx() * file.ny()));
  for (std::int64_t frame = file.frames() - 1; frame >= 0; --frame) {
    file.read(frame, 1, FrameOrder::centred, counts);
    std::printf("counts %ld", static_cast<long>(frame));
    for (const float count : counts) std::printf(" %.9g", count);
    std::printf("\n");
  }
}

}  // namespace
}  // namespace locum::io

int main(int argc, char** argv) {
  using namespace locum;
  if (argc < 3) return 1;
  MPI_Init(&argc, &argv);
  int code = 0;
  try {
    const auto comm = Communicator::world();
    if (std::strcmp(argv[1], "frames") == 0 && argc > 6) io::write(comm, argc, argv);
    if (std::strcmp(argv[1], "result") == 0) io::write_reconstruction(comm, argv[2], io::sample_result());
    if (std::strcmp(argv[1], "read") == 0) io::read(argc, argv);
  } catch (const Error& error) {
    std::printf("%s\n", error.what());
    code = static_cast<int>(error.code());
  }
  MPI_Finalize();
  return code;
}
