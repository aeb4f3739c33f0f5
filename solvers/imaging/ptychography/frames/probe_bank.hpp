// The probe, and what it is at fractions of a pixel.
//
// The object stays on its grid and the probe is moved below it, by a phase in reciprocal space (Tike, PtychoShelves and
// PtyPy do the same): a window cut out between pixels would wrap the object around. Moved probes are kept while memory
// lasts and made anew when the probe has changed.
#pragma once

#include <array>
#include <complex>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "kokkos_kernels/fft/transform.hpp"
#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

// A position is a whole pixel, the nearest one, and a fraction in [−½, ½).
struct PixelPosition {
  int x = 0, y = 0;
  std::array<float, 2> fraction{};
};
// raster: fractions are rounded to 1 / raster of a pixel; 1: whole pixels; 0: not rounded.
PixelPosition pixel_position(const std::array<double, 2>& position, int raster);

class ProbeBank {
 public:
  using Fraction = std::array<float, 2>;
  using Value = std::complex<float>;

  // capacity: how many moved probes (of all modes) are kept, at least as many as a batch has fractions.
  ProbeBank(const ExecutionSpace& space, const FrameLayout& layout, int modes, int capacity);

  // Whether it has this very probe, unmoved as given to set(), and room for so many moved ones. Copies share what they
  // hold: only one of them may be asked to change.
  bool holds(const FrameLayout& layout, std::span<const Value> probe, int capacity) const;

  // probe: (modes, nx, ny).
  void set(std::span<const Value> probe);
  std::vector<Value> get() const;
  // probe += factor · change (modes, nx, ny; unmoved).
  void add(float factor, const fft::Waves<float>& change);
  // After this was written to.
  void changed();
  const fft::Waves<float>& probe() const { return probe_; }
  // Largest Σ_m |P_m|². Waits for it where the probe has changed.
  float brightest();

  // Index of each fraction's probe; at most `capacity` of them. Those given before may be gone afterwards.
  std::vector<int> prepare(std::span<const Fraction> fractions);
  const Planes& moved() const { return moved_; }

  // Adjoint: what was summed below moved probes, (fractions.size() × modes, nx, ny), is moved back and summed:
  // sum (modes, nx, ny). products is overwritten.
  void move_back(std::span<const Fraction> fractions, const fft::Waves<float>& products,
                 const fft::Waves<float>& sum) const;
  // to(index) ← wave (modes, nx, ny) moved by each fraction; fraction and index as `prepare` had and gave them.
  void move(std::span<const Fraction> fractions, std::span<const int> index, const fft::Waves<float>& wave,
            const Planes& to);

 private:
  void move_reciprocal(std::span<const Fraction> fractions, std::span<const int> index, const fft::Waves<float>& source,
                       const Planes& to) const;

  ExecutionSpace space_;
  FrameLayout layout_;
  int modes_, capacity_;
  fft::Waves<float> probe_, reciprocal_;  // (modes, nx, ny)
  fft::Waves<float> work_;                // (those moved in one go × modes, nx, ny)
  fft::Waves<float> wave_;                // in reciprocal space, of move(): (modes, nx, ny)
  Kokkos::View<fft::Complex<float>**, Kokkos::LayoutRight, MemorySpace> phases_;  // (those …, nx + ny)
  Planes moved_;
  float brightest_ = -1.0f;  // < 0: not known
  std::map<Fraction, int> index_;
  std::shared_ptr<const fft::Transform2d<float>> one_, many_;
  std::vector<Value> given_;  // the probe while nothing was added to it
};

}  // namespace locum::imaging
