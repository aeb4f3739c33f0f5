// The ptychographic step: (frames, positions, probe) → object function. One sample is one tile of the object, with the
// frames whose windows are centred in it.
//
// A frame of the far field is, in counts,
//   I_j(k) = Σ_m |F[P_m(r) O(r + r_j)](k)|² / (nx ny) + B(k)
// (Rodenburg and Faulkner, Appl. Phys. Lett. 85 (2004) 4795; several modes m: Thibault and Menzel, Nature 494 (2013)
// 68). F is unnormalised, so that Σ_r Σ_m |P_m|² is the number of counts of a frame without a specimen. |O| is 1 where
// nothing is.
//
// Arrays are row-major, x slow and y fast. Frames, mask and background are in the order of the fast Fourier transform,
// the zero frequency first.
#pragma once

#include <array>
#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "solvers/api/step.hpp"

namespace locum {

// Diffraction frames, in memory or in a file that is larger than it.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual int frames() const = 0;
  // Counts of the frames that are listed: (which.size(), nx, ny). Not collective: a rank reads what it works on.
  virtual void read(std::span<const int> which, std::span<float> counts) const = 0;
};

class FramesInMemory final : public FrameSource {
 public:
  // counts: (frames, pixels of one frame). Throws ConfigError for another number.
  FramesInMemory(int frames, std::vector<float> counts);
  int frames() const override { return frames_; }
  void read(std::span<const int> which, std::span<float> counts) const override;

 private:
  int frames_;
  std::vector<float> counts_;
};

// A box of pixels of the object, [x0, x1) × [y0, y1).
struct PixelBox {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int nx() const { return x1 - x0; }
  int ny() const { return y1 - y0; }
  bool empty() const { return x1 <= x0 || y1 <= y0; }
  bool operator==(const PixelBox&) const = default;
};
PixelBox intersection(const PixelBox& a, const PixelBox& b);

struct ObjectTile {
  PixelBox core;            // the tiles' cores share the object out among them
  std::vector<int> frames;  // whose windows are centred in the core; at least one
};

// One data set: everything that is known before the object is.
struct Ptychogram {
  using Value = std::complex<float>;

  Communicator comm = Communicator::self();  // every rank holds the same but for the frames, which are read as needed
  std::shared_ptr<const FrameSource> frames;
  int nx = 0, ny = 0;         // pixels of a frame, and of the probe's window
  double dx = 0.0, dy = 0.0;  // Å, pixel of the object and the probe
  int object_nx = 0, object_ny = 0;
  // (frames, 2): pixel of the object on which the window's first pixel lies, fractional; windows lie inside the object
  std::vector<std::array<double, 2>> position;
  int modes = 1;
  std::vector<Value> probe;       // (modes, nx, ny), centred in the window
  std::vector<float> mask;        // (nx, ny), 1 where a detector pixel counts and 0 where not; empty: all count
  std::vector<float> background;  // (nx, ny), counts of every frame; empty: none
  std::vector<ObjectTile> tiles;  // the samples

  int size() const { return static_cast<int>(position.size()); }
  std::size_t window() const { return static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny); }
  std::size_t object_size() const { return static_cast<std::size_t>(object_nx) * static_cast<std::size_t>(object_ny); }
  PixelBox whole() const { return {0, 0, object_nx, object_ny}; }
  // Pixels of the object that frame j's window touches.
  PixelBox window_of(int j) const;

  // Throws ConfigError for what cannot be: numbers that do not match, a probe of another size than a frame, a window
  // outside of the object, a mask that leaves nothing, values that are not finite.
  void validate() const;
};

// The object function on its whole grid, the same on every rank.
struct ObjectFunction {
  std::vector<Ptychogram::Value> value;  // (object_nx, object_ny)
};

struct Ptychography {
  using Input = Ptychogram;
  using Output = ObjectFunction;
  static int samples(const Input& input) { return static_cast<int>(input.tiles.size()); }
  static Output make_output(const Input& input);                                            // 1 everywhere
  static void copy_sample(const Input& input, const Output& from, Output& to, int sample);  // the tile's core
  // Relative error of the object in the tile's core, after the global phase was removed that frames cannot tell.
  // mean_square: Σ w |ΔO|² / Σ w |O|², weighed by the illumination w = Σ_j Σ_m |P_m(r − r_j)|² of the tile's frames.
  // largest: the worst frame's √ of the same, weighed by its probe alone. For a pure phase object both are in rad.
  static SampleError error(const Input& input, const Output& truth, const Output& answer, int sample);
  // Frames, positions and probe of the tile and of all frames that overlap it, with the object below them.
  static FieldSet label(const Input& input, const Output& output, int sample);
};

// The same for each frame of a tile, in the order of ObjectTile::frames: relative error of the object below its probe.
std::vector<double> frame_errors(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                 int tile);

using PtychographyStep = Step<Ptychography>;
using PtychographySurrogate = Surrogate<Ptychography>;

// Shares the object out in count_x × count_y or so tiles of `side` pixels (the outermost reach to the object's edge)
// and the frames among them by the centre of their windows; tiles without frames are joined to a neighbour. side:
// pixels of the object, ≥ 1.
std::vector<ObjectTile> make_tiles(const Ptychogram& input, int side);

// Σ_m |P_m|² of the window, counts: (nx, ny).
std::vector<float> probe_intensity(const Ptychogram& input);

// Σ_j Σ_m |P_m(r − r_j)|² of all frames, counts: the intensity that each pixel has seen, (object_nx, object_ny).
// Fractions of a pixel are shared out between neighbours.
std::vector<float> illumination(const Ptychogram& input);
// The same with a number for each frame before its probe, in single precision.
std::vector<float> spread(const Ptychogram& input, std::span<const float> numbers);
// Several such maps at once, of the rows first … last − 1 of the object: numbers (maps, frames) to (maps, last − first,
// object_ny). A pixel adds its frames in their order, whatever the rows.
std::vector<float> spread(const Ptychogram& input, std::span<const float> numbers, int maps, int first, int last);

// Frames whose probe's window overlaps the box, ascending.
std::vector<int> frames_over(const Ptychogram& input, const PixelBox& box);

// What a frame's counts say of an object: how far the amplitudes are off, and how far noise alone would put them.
struct FourierError {
  double off = 0.0;         // Σ (√I − √M)² over valid pixels, M the model's counts
  double noise = 0.0;       // what Poisson noise alone makes of it on average, were the model right
  double counts = 0.0;      // Σ I
  double amplitude = 0.0;   // Σ |√I − √M|
  double amplitudes = 0.0;  // Σ √I: R = Σ amplitude / Σ amplitudes
  // Centre of mass of the measured frame less that of the model's, over valid pixels, cycles a pixel of the object:
  // where the object's phase is too flat, and by how much (2π times it is the gradient that is missing).
  double shift_x = 0.0, shift_y = 0.0;
  // √ of the share of a frame's intensity that the object does not explain and noise does not either; a lower bound, in
  // the mean, of the relative error of P O.
  double excess() const;
};

// What physics lends to a surrogate: the model of the frames, and a few cheap passes with it. A surrogate asks for it
// through this interface and knows no solver. All calls are collective over the ptychogram's communicator, and give
// every rank the same answer.
class DiffractionModel {
 public:
  virtual ~DiffractionModel() = default;
  // The classical start: every frame's amplitudes with the phases of the empty beam, propagated back,
  // O = Σ P* ψ / Σ |P|².
  virtual ObjectFunction back_propagated(const Ptychogram& input) = 0;
  // Passes over the frames that are listed, in place; what no listed frame touches is left alone. `sequential`: one
  // frame, or a few far apart, after the other (rPIE with a small α): low frequencies come soon, at the price of noise.
  virtual void sequential_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                                 ObjectFunction& object) = 0;
  // All at once, down the likelihood's gradient over the illumination, each step as long as is best along it: high
  // frequencies and noise are fitted in two or three, low ones are left where they are. (Conjugate directions would
  // first carry errors of middle frequencies to low ones.)
  virtual void descend(const Ptychogram& input, std::span<const int> frames, int sweeps, ObjectFunction& object) = 0;
  // One for each of the frames that are listed.
  virtual std::vector<FourierError> fourier_errors(const Ptychogram& input, std::span<const int> frames,
                                                   const ObjectFunction& object) = 0;
  // Gradient of L = Σ_j Σ_k (√I − √M)² / Σ I by the real and the imaginary part of the object, G = ∂L/∂Re O + i ∂L/∂Im
  // O; returns L. For training on measured frames alone.
  virtual double gradient(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                          ObjectFunction& gradient) = 0;
};

}  // namespace locum
