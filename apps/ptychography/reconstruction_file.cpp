// reconstruction.cxi from the results.
#include <fmt/format.h>

#include "apps/ptychography/complex_pictures.hpp"
#include "apps/ptychography/data_layout.hpp"
#include "apps/ptychography/reconstruction_results.hpp"
#include "apps/version.hpp"

namespace locum::apps {
namespace {

std::vector<double> moved_by(std::vector<double> positions, const std::array<double, 2>& origin) {
  for (std::size_t k = 0; k < positions.size(); ++k) positions[k] += origin[k % 2];
  return positions;
}

void add_frames(const StageResult& whole, const ReconstructionQuality& quality, io::Reconstruction& file) {
  io::Reconstruction::PerFrame r{"fourier_error", "1", {quality.frame_r.begin(), quality.frame_r.end()}};
  io::Reconstruction::PerFrame excess{"fourier_excess", "1", {}};
  for (const FourierError& e : whole.errors) excess.values.push_back(static_cast<float>(e.excess()));
  file.frames = {std::move(r), std::move(excess)};
}

void add_curves(const StageResult& whole, const ReconstructionQuality& quality, io::Reconstruction& file) {
  io::Reconstruction::Curve r{"r_factor", "1", "sweep", "1", {}, {}},
      change{"object_change", "1", "sweep", "1", {}, {}};
  for (const auto& h : whole.history) {
    const double sweep = h.sweep + 1;
    if (h.r >= 0.0) {
      r.at.push_back(sweep);
      r.values.push_back(h.r);
    }
    change.at.push_back(sweep);
    change.values.push_back(h.change);
  }
  for (auto* curve : {&r, &change})
    if (!curve->at.empty()) file.curves.push_back(std::move(*curve));
  const auto add = [&](const std::string& name, const imaging::RingCorrelation& rings) {
    if (rings.frequency.empty()) return;
    file.curves.push_back({name, "1", "spatial_frequency", "1/Angstrom", rings.frequency, rings.correlation});
  };
  if (quality.halves) {
    add("fourier_ring_correlation", quality.halves->rings);
    if (!quality.halves->rings.frequency.empty())
      file.curves.push_back({"half_bit_threshold", "1", "spatial_frequency", "1/Angstrom",
                             quality.halves->rings.frequency, quality.halves->rings.half_bit});
  }
  if (quality.truth) add("fourier_ring_correlation_truth", quality.truth->rings);
}

}  // namespace

io::Reconstruction reconstruction_file(const ReconstructionResults& r, const ReconstructionQuality& quality,
                                       const std::string& input) {
  const Ptychogram& in = r.data.input;
  const StageResult& whole = r.job.whole();
  io::Reconstruction file;
  file.object = {1, in.object_nx, in.object_ny, whole.object.value};
  file.pixel = {in.dx, in.dy};
  file.origin = r.data.origin;
  file.probe = {in.modes, in.nx, in.ny, whole.probe};
  file.positions = moved_by(in_angstrom(whole.position, in.dx, in.dy), r.data.origin);
  if (r.config.ptychography.positions.correct)
    file.initial_positions = moved_by(in_angstrom(in.position, in.dx, in.dy), r.data.origin);
  if (!in.background.empty()) file.background = centred(std::span<const float>(in.background), in.nx, in.ny);
  add_frames(whole, quality, file);
  add_curves(whole, quality, file);
  const std::vector<double> map = frames_map(as_found(r), quality.frame_r);
  file.maps.push_back({"fourier_error_map",
                       "1",
                       "R of the frames that reach a pixel, weighed by their illumination",
                       {map.begin(), map.end()}});
  if (quality.halves)
    file.maps.push_back({"half_difference", "1", "half of the difference of the halves' objects: standard error",
                         quality.halves->deviation});
  file.wavelength = r.data.wavelength;
  file.electrons = r.data.electrons;
  file.title = r.config.title;
  file.program_version = version();
  file.input = input;
  file.provenance = {{"data", r.config.data.file},
                     {"data_fingerprint", r.data.fingerprint},
                     {"engine", r.config.ptychography.engine},
                     {"sweeps", fmt::format("{}", whole.history.size())},
                     {"converged", whole.converged ? "yes" : "no"},
                     {"r_factor", fmt::format("{:.6g}", quality.r)}};
  return file;
}

}  // namespace locum::apps
