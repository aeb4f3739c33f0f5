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

#include <span>
#include <vector>

#include "solvers/api/ptychogram.hpp"
#include "solvers/api/step.hpp"

namespace locum {

struct Ptychography {
  using Input = Ptychogram;
  using Output = ObjectFunction;
  static int samples(const Input& input) { return static_cast<int>(input.tiles.size()); }
  static Output make_output(const Input& input);                                            // 1 everywhere
  static void copy_sample(const Input& input, const Output& from, Output& to, int sample);  // the tile's core
  // Relative error of the object in the tile's core, after the global phase was removed that frames cannot tell.
  // mean_square: Σ w |ΔO|² / Σ w |O|², weighed by the illumination w = Σ_j Σ_m |P_m(r − r_j)|² of the tile's frames.
  // largest: the worst frame's √ of the same, weighed by its probe alone. For a pure phase object both are in rad.
  // Both are NaN where a pixel below the tile's frames is no number, in truth or answer.
  static SampleError error(const Input& input, const Output& truth, const Output& answer, int sample);
  // Frames, positions and probe of the tile and of all frames that overlap it, with the object below them.
  static FieldSet label(const Input& input, const Output& output, int sample);
};

// The same for each frame of a tile, in the order of ObjectTile::frames: relative error of the object below its probe.
std::vector<double> frame_errors(const Ptychogram& input, const ObjectFunction& truth, const ObjectFunction& answer,
                                 int tile);

using PtychographyStep = Step<Ptychography>;
using PtychographySurrogate = Surrogate<Ptychography>;

// Shares the object out in tiles, and the frames among them by the centre of their windows: strips along x and each of
// them along y, in as many equal parts, ⌈extent of the centres / side⌉, as it takes for none to be longer than `side`.
// The outermost reach to the object's edge; parts without frames are joined to the next. side: pixels of the
// object, ≥ 1.
std::vector<ObjectTile> make_tiles(const Ptychogram& input, int side);

// Σ_j Σ_m |P_m(r − r_j)|² of all frames, counts: the intensity that each pixel has seen, (object_nx, object_ny).
// Fractions of a pixel are shared out between neighbours.
std::vector<float> illumination(const Ptychogram& input);
// The same with numbers for each frame before its probe, several maps at once, of the rows first … last − 1 of the
// object: numbers (maps, frames) to (maps, last − first, object_ny), in single precision. A pixel adds its frames in
// their order, whatever the rows.
std::vector<float> spread(const Ptychogram& input, std::span<const float> numbers, int maps, int first, int last);

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
  // the mean, of the relative error of P O. A frame without a count is judged as if it had one: where light was
  // expected it is off by all of it. NaN for an object that is no number.
  double excess() const;
  // R of the frame alone, amplitude / amplitudes; NaN for a frame without a count.
  double r() const;
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
  // All at once, down the gradient below over the illumination, each step as long as is best along it: high
  // frequencies and noise are fitted in two or three, low ones are left where they are. (Conjugate directions would
  // first carry errors of middle frequencies to low ones.)
  virtual void descend(const Ptychogram& input, std::span<const int> frames, int sweeps, ObjectFunction& object) = 0;
  // All at once, in conjugate directions whose preconditioner lifts what is wider than the probe: coarse phases come in
  // a few tens of sweeps. The first few begin to bring them, and leave errors of middle widths to whoever comes after.
  virtual void conjugate_sweeps(const Ptychogram& input, std::span<const int> frames, int sweeps,
                                ObjectFunction& object) = 0;
  // One for each of the frames that are listed.
  virtual std::vector<FourierError> fourier_errors(const Ptychogram& input, std::span<const int> frames,
                                                   const ObjectFunction& object) = 0;
  // Gradient of L = Σ_j Σ_k ℓ(I, M) / Σ I by the real and the imaginary part of the object, G = ∂L/∂Re O + i ∂L/∂Im O;
  // returns L, for training on measured frames alone. ℓ is the error of the model's likelihood: (√I − √M)² of
  // amplitudes, a quarter of the deviance ½ (M − I − I ln(M / I)) of Poisson's, which is the same to second order.
  virtual double gradient(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                          ObjectFunction& gradient) = 0;
  // Both of these frames: who can has them from one pass.
  virtual double gradient_and_errors(const Ptychogram& input, std::span<const int> frames, const ObjectFunction& object,
                                     ObjectFunction& gradient, std::vector<FourierError>& errors) {
    errors = fourier_errors(input, frames, object);
    return this->gradient(input, frames, object, gradient);
  }
};

}  // namespace locum
