#include "apps/ptychography/reconstruction_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void ReconstructionDataConfig::visit(ConfigVisitor& v) {
  v.value({"file", "", "diffraction frames: CXI, NXcxi_ptycho, EMD, Locum's scan.h5, or HDF5 with the keys below"},
          file);
  v.value({"frames", "", "of the file: first, last; or first, last, every; -1 is the last; empty: all"}, frames);
  v.value({"leave_out", "", "frames of the file that take no part: those of a closed shutter, say; -1 is the last"},
          leave_out);
  keys.visit(v);
}

void ReconstructionDataConfig::validate() const {
  if (file.empty())
    throw ConfigError("no file of diffraction frames is named", "data.file",
                      "add file = \"…/data.cxi\" to [data], or --set data.file=…/data.cxi");
  if (frames.size() == 1 || frames.size() > 3)
    throw ConfigError(fmt::format("{} numbers were found, none, two or three were expected", frames.size()),
                      "data.frames", "first and last; or first, last and every");
  if (frames.size() == 3 && frames[2] < 1)
    throw ConfigError(fmt::format("every {}th frame was asked for, 1 or more was expected", frames[2]), "data.frames",
                      "first, last, every");
  keys.validate();
}

void StartConfig::visit(ConfigVisitor& v) {
  v.value({"from", "",
           "an earlier reconstruction.cxi of the same frames: its object, probe and positions are gone on from"},
          from);
  v.value({"object", "", "an earlier reconstruction.cxi on the same pixels: its object alone"}, object);
  v.value({"probe",
           "",
           "file: the data file's; microscope: as [microscope] and [probe] say; mean_frame: of the frames' mean, with "
           "defocus; auto: the file's if it has one, else the microscope's",
           {},
           {"auto", "file", "mean_frame", "microscope"}},
          probe);
  v.value({"defocus", "Å", "of a probe of the mean frame; positive: underfocus", {-1e9, 1e9}}, defocus);
  v.value(
      {"margin", "pixels", "of the object around the outermost frames: room for corrections of positions", {0, 1e4}},
      margin);
}

void StartConfig::validate() const {
  if (from.empty()) return;
  if (!object.empty())
    throw ConfigError("two objects to start from are named, one was expected", "start.object",
                      "leave it out: start.from brings an object");
  if (probe != "auto")
    throw ConfigError(fmt::format("\"{}\" and the probe of start.from were asked for, one was expected", probe),
                      "start.probe", "leave it out, or start from the object alone: start.object");
}

void HalvesConfig::visit(ConfigVisitor& v) {
  v.value({"halves", "", "reconstruct either half of the frames by itself too, and correlate both in Fourier rings"},
          halves);
  ring.visit(v);
}

void HalvesConfig::validate() const { ring.validate(); }

void ReconstructionOutputConfig::visit(ConfigVisitor& v) {
  v.value({"pictures", "", "write PNG and TIFF files"}, pictures);
  v.value({"events", "", "write TensorBoard's event files"}, events);
  v.value({"checkpoint_minutes", "min", "between checkpoints; 0: after every sweep", {0.0, 1e5}}, checkpoint_minutes);
  v.value({"limit_minutes", "min", "of sweeping, after which the object is taken as it is; 0: none", {0.0, 1e7}},
          limit_minutes);
}

void ReconstructionConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the run"}, title);
  v.section({"data", "", "frames, positions, mask: where they are and in which units"}, data);
  v.section({"start", "", "what the reconstruction begins with"}, start);
  v.section({"microscope", "", "the probe where no file has one: energy, convergence, aberrations"}, microscope);
  v.section({"probe", "", "its modes, where no file has one"}, probe);
  v.section({"ptychography", "", "engine, steps, and when to stop"}, ptychography);
  v.section({"resolution", "", "Fourier ring correlation of two halves of the data"}, resolution);
  v.section({"output", "", "what is written"}, output);
  v.section({"energy", "", "how the energy that the run takes is known"}, energy);
}

void ReconstructionConfig::validate() const {
  data.validate();
  start.validate();
  if (!(start.object.empty() && start.from.empty()) && !data.keys.object.empty() && data.keys.object != "none")
    throw ConfigError("two objects to start from are named, one was expected",
                      start.from.empty() ? "start.object" : "start.from", "leave it or data.object out");
  microscope.validate();
  probe.validate();
  ptychography.validate();
  resolution.validate();
  energy.validate();
}

}  // namespace locum::apps
