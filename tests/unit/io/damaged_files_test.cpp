// Whatever is done to a file, its reader gives an Error of ours or reads it: never a crash, never a hang.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <sstream>

#include "io/atoms/cif.hpp"
#include "io/atoms/lammps_dump.hpp"
#include "io/atoms/xyz.hpp"
#include "io/checkpoint.hpp"
#include "io/cxi/cxi_file.hpp"
#include "io/dataset/dataset.hpp"
#include "io/toml/toml.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "tests/unit/io/cxi/sample_frames.hpp"
#include "tests/unit/io/scan/sample_scan.hpp"
#include "tests/unit/io/temporary_folder.hpp"
#include "tests/unit/io/trajectory/sample_trajectory.hpp"

namespace locum::io {
namespace {

// LOCUM_DAMAGE_SECONDS: for a longer search by hand.
double seconds_each() {
  const char* seconds = std::getenv("LOCUM_DAMAGE_SECONDS");
  return seconds ? std::atof(seconds) : 2.0;
}

// A copy with bytes flipped, overwritten, cut off the end or out of the middle, or doubled.
std::string damage(std::string text, std::mt19937& random) {
  if (text.empty()) return text;
  auto place = [&] { return random() % text.size(); };
  switch (random() % 5) {
    case 0:
      text.resize(place());
      break;
    case 1:
      text.erase(place(), 1 + random() % 64);
      break;
    case 2:
      text.insert(place(), text.substr(place(), random() % 64));
      break;
    default:
      break;
  }
  for (auto n = random() % 8; n > 0 && !text.empty(); --n) {
    char& byte = text[place()];
    byte = random() % 2 ? static_cast<char>(byte ^ (1 << random() % 8)) : static_cast<char>(random());
  }
  return text;
}

// Damages `text` again and again until the time is up; counts what became of it.
void try_damaged(const std::string& text, const std::function<void(const std::string&)>& read) {
  read(text);
  const char* seed = std::getenv("LOCUM_DAMAGE_SEED");
  std::mt19937 random(seed ? static_cast<unsigned>(std::atoi(seed)) : 11);
  int refused = 0, accepted = 0;
  for (Stopwatch watch; watch.seconds() < seconds_each();) {
    try {
      read(damage(text, random));
      ++accepted;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10) << "of " << refused + accepted;
}

// The same for a binary file: reader of a path.
void try_damaged_file(const std::string& path, const std::function<void(const std::string&)>& read) {
  const std::string damaged = path + ".damaged";
  try_damaged(content(path), [&](const std::string& text) {
    put(damaged, text);
    read(damaged);
  });
}

TEST(Damaged, Xyz) {
  FieldSet sample;
  sample.add("atomic_number", "1", {3}, std::vector<std::int64_t>{6, 14, 1});
  sample.add("position", "Angstrom", {3, 3}, std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  sample.add("cell", "Angstrom", {3, 3}, std::vector<double>{9, 0, 0, 0, 9, 0, 0, 0, 9});
  sample.add("force", "eV/Angstrom", {3, 3}, std::vector<double>{.1, .2, .3, .4, .5, .6, .7, .8, .9});
  sample.add_scalar("energy", "eV", -3.5);
  try_damaged(to_xyz({sample, sample}), [](const std::string& text) { parse_xyz(text, "a.xyz"); });
}

TEST(Damaged, Cif) {
  const std::string head =
      "data_a\n_cell_length_a 5.43(1)\n_cell_length_b 5.43\n_cell_length_c 5.43\n_cell_angle_alpha 90\n"
      "_cell_angle_beta 90\n_cell_angle_gamma 90\n";
  const std::string atoms =
      "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "_atom_site_occupancy\n_atom_site_U_iso_or_equiv\nSi1 Si4+ 0 0 0 1.0 0.006\n'O 1' O2- 0.1 .25 0.33(1) 0.5 ?\n"
      "loop_\n_atom_site_aniso_label\n_atom_site_aniso_U_11\n_atom_site_aniso_U_22\n_atom_site_aniso_U_33\n"
      "_atom_site_aniso_U_12\n_atom_site_aniso_U_13\n_atom_site_aniso_U_23\nO1 .01 .01 .01 0 0 0\n";
  for (const char* symmetry :
       {"_symmetry_space_group_name_H-M 'F d -3 m'\n", "_space_group_name_Hall '-F 4vw 2vw 3'\n",
        "_space_group_IT_number 166\n", "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n'-x, 1/2+y, -z+3/4'\n"})
    try_damaged(head + symmetry + atoms, [](const std::string& text) { parse_cif(text, "a.cif"); });
}

TEST(Damaged, LammpsDump) {
  const std::string text =
      "ITEM: UNITS\nmetal\nITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n2\n"
      "ITEM: BOX BOUNDS xy xz yz pp pp ff\n0 5 1\n0 5 0\n-1 4 .5\nITEM: ATOMS id type element x y z mass\n"
      "2 1 Si 1 2 3 28.0855\n1 1 Si 0 0 0 28.0855\nITEM: TIMESTEP\n200\nITEM: NUMBER OF ATOMS\n1\n"
      "ITEM: BOX BOUNDS abc origin pp pp pp\n5 0 0 0\n0 5 0 0\n0 0 5 0\nITEM: ATOMS mass xs ys zs\n28.0855 .1 .2 .3\n";
  try_damaged(text, [](const std::string& damaged) {
    LammpsDump dump(std::make_unique<std::istringstream>(damaged), "a.dump", {});
    for (std::int64_t k = 0; k < dump.n_frames(); ++k) dump.frame(k);
  });
}

struct Inner {
  std::vector<double> strain = {0.1, 0.2};
  std::string word = "one";
  void visit(ConfigVisitor& v) {
    v.value({"strain", "1", "of the cell", {-1, 1}}, strain);
    v.value({"word", "", "", {}, {"one", "two"}}, word);
  }
};
struct Outer {
  bool flag = true;
  int steps = 3;
  double length = 2.5;
  Inner inner;
  std::vector<Inner> list = std::vector<Inner>(2);
  void visit(ConfigVisitor& v) {
    v.value({"flag", "", "yes or no"}, flag);
    v.value({"steps", "", "", {0, 100}}, steps);
    v.value({"length", "Angstrom", "", {0, 10}}, length);
    v.section({"inner", "", ""}, inner);
    v.sections({"list", "", ""}, list);
  }
};

TEST(Damaged, Toml) {
  Outer config;
  try_damaged(to_toml(config), [](const std::string& text) {
    Outer read;
    read_config(TomlDocument::parse(text, "in.toml"), read);
  });
}

TEST(Damaged, Checkpoint) {
  TemporaryFolder folder;
  const auto comm = Communicator::self();
  Checkpoint checkpoint;
  checkpoint.attributes = {{"input", "[md]\n"}, {"version", "1"}};
  for (int k = 0; k < 12; ++k)  // more than HDF5 keeps in one header
    checkpoint.shared["group" + std::to_string(k)].add("values", "eV", {k},
                                                       std::vector<double>(static_cast<std::size_t>(k), 1.0));
  checkpoint.distributed["atoms"].add("id", "1", {3}, std::vector<std::int64_t>{1, 2, 3});
  write_checkpoint(comm, folder.file("c.h5"), checkpoint);
  try_damaged_file(folder.file("c.h5"), [&](const std::string& path) { read_checkpoint(comm, path); });
}

TEST(Damaged, Trajectory) {
  TemporaryFolder folder;
  const auto comm = Communicator::self();
  TrajectoryWriter writer(comm, folder.file("t.h5"), sample_species(5), {});
  for (int k = 0; k < 3; ++k) writer.append(sample_frame(k, 5, 0, 1));
  writer.commit();
  try_damaged_file(folder.file("t.h5"), [](const std::string& path) {
    const TrajectoryReader reader(path);
    for (std::int64_t k = 0; k < reader.n_frames(); ++k) reader.read_frame(k);
    for (const auto& name : reader.observables()) reader.observable(name);
  });
}

TEST(Damaged, Dataset) {
  TemporaryFolder folder;
  const auto comm = Communicator::self();
  DatasetWriter writer(comm, folder.file("d.h5"));
  FieldSet sample;
  sample.add("position", "Angstrom", {2, 3}, std::vector<double>(6, 1.0));
  sample.add_scalar("energy", "eV", 1.0);
  writer.add({sample, sample, sample});
  writer.commit();
  try_damaged_file(folder.file("d.h5"), [&](const std::string& path) {
    const Dataset dataset(comm, path);
    dataset.samples(0, dataset.size());
  });
}

void read_frames(const DiffractionFile& file) {
  std::vector<float> counts(static_cast<std::size_t>(file.nx()) * static_cast<std::size_t>(file.ny()));
  for (std::int64_t frame = 0; frame < file.frames(); ++frame) file.read(frame, 1, FrameOrder::fft, counts);
  file.probe();
  file.mask(FrameOrder::fft);
  file.background(FrameOrder::fft);
}

TEST(Damaged, DiffractionFrames) {
  TemporaryFolder folder;
  auto layout = sample_frames(5);
  layout.counts = Storage::float32;
  write_sample_frames(Communicator::self(), folder.file("f.cxi"), layout);
  try_damaged_file(folder.file("f.cxi"), [](const std::string& path) { read_frames(DiffractionFile(path)); });
}

TEST(Damaged, DiffractionFramesOfAScan) {
  TemporaryFolder folder;
  const auto layout = sample_layout(3, 2);
  auto scan = ScanFile::create(Communicator::self(), folder.file("s.h5"), layout, sample_metadata());
  for (std::int64_t tile = 0; tile < layout.tiles; ++tile) write_sample_tile(scan, layout, tile);
  scan.finish();
  DiffractionKeys keys;
  keys.data = "/4DSTEM_simulation/data/datacubes/CBED_depth0000/data";
  keys.oblong_pixels = true;
  try_damaged_file(folder.file("s.h5"), [&](const std::string& path) { read_frames(DiffractionFile(path, keys)); });
}

TEST(Damaged, Reconstruction) {
  TemporaryFolder folder;
  write_reconstruction(Communicator::self(), folder.file("r.cxi"), sample_result());
  try_damaged_file(folder.file("r.cxi"), [](const std::string& path) { read_reconstruction(path); });
}

}  // namespace
}  // namespace locum::io
