// PRISM as a scan engine: probes as sums of plane waves that went through the specimen once (Ophus, Adv. Struct. Chem.
// Imaging 3, 13 (2017), equations 11 and 12):
//
//   ψ(r) = Σ_b A(k_b) exp(−iχ(k_b)) exp(−2πi k_b·r_probe) S_b(r),   S_b: the exit wave of exp(2πi k_b·r)
//
// With interpolation f only every f-th beam is computed. Their sum is the probe repeated f times across the cell; a
// window of the cell's side divided by f cuts one out. What the specimen scatters beyond the window is lost or comes
// from the neighbours: the error of PRISM, none at f = 1. Aberrations, focus and its spread are in the sum's
// amplitudes: the S-matrix serves them all.
#pragma once

#include "solvers/imaging/engines/prism_store.hpp"
#include "solvers/imaging/engines/prism_windows.hpp"

namespace locum::imaging {

template <class T>
class PrismEngine : public ScanEngine {
 public:
  // Throws ConfigError as make_prism_layout, DetectorSet, ProjectedPotential and Multislice do. Detectors see the
  // window's diffraction plane, whose pixels are f times as wide.
  PrismEngine(const Context& context, const ScanSetup& setup, const PrismConfig& config,
              const Configurations& configurations);

  std::string name() const override { return "prism"; }
  int channels() const override { return detectors_.channels(); }
  std::array<int, 2> pattern() const override;
  EngineMemory memory() const override;
  int kept() const override { return store_.kept(); }
  void prepare() override { store_.prepare(); }
  void scan(int configuration, std::span<const Position> positions, std::span<double> signal,
            std::span<float> pattern) override;

  const DetectorSet& detectors() const { return detectors_; }
  const PrismLayout& layout() const { return layout_; }
  const PrismStore<T>& store() const { return store_; }

 private:
  void scan_batch(const T* matrix, const std::vector<Position>& positions);

  Context context_;
  PrismLayout layout_;
  PrismTiles<T> tiles_;
  DetectorSet detectors_;
  PrismStore<T> store_;
  int batch_;
  std::vector<FocalPoint> focus_;
  std::vector<Wave<T>> probe_;  // at each focus, over the window's grid
  ProbePlacer<T> placer_;
  BeamRows beam_rows_;    // in the window's reciprocal arrays
  View<int*> highest_y_;  // of them
  View<T*> amplitude_;    // (groups, beams, prism_group, 2)
  PrismWindows<T> windows_;
  fft::Waves<T> waves_;            // (batch, window's grid), reciprocal
  fft::Waves<T> cut_;              // (batch, cut_x, cut_y)
  fft::Transform2d<T> transform_;  // of cut_
  ChannelSums sums_;               // (batch, channels)
  Patterns<T> patterns_;           // (batch, qx, qy)
};

}  // namespace locum::imaging
