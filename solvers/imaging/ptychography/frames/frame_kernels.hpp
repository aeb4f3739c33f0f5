// The passes over memory that a frame's update takes. With ψ_m = P_m O the exit waves, Ψ_m = F ψ_m, N = nx ny,
// M = Σ_m |Ψ_m|² / N + B the model's counts and I those measured:
//
//   forward:   for each y:   F_x of ψ                          reads P and O, writes (kx, y)
//   columns:   for each kx:  F_y, factor f(I, M), F_y⁻¹        reads √I, reads and writes (kx, y)
//   backward:  for each y:   F_x⁻¹                             reads (kx, y), writes χ
//
// with the transforms in a team's scratch: five passes over a frame, where a library's two transforms and the products
// between them take ten or more.
//
// The factor, for the likelihoods of Odstrčil, Menzel and Guizar-Sicairos, Opt. Express 26 (2018) 3108, eqs. (12)-(18);
// χ_m = F⁻¹ (f − 1) Ψ_m is the change that the frame asks of its exit waves:
//   amplitude (Gaussian noise of √I):  f = √I / √M, the whole way to the measured modulus
//   poisson:                           f = 1 − α ξ, ξ = 1 − I / M, but 2 √(I / M) at most. α of a frame is the step
//                                      that the likelihood is least at; each visit makes one iteration of
//                                      α ← ½ α + ½ Σ ξ (M − I / (1 − α ξ)) / Σ ξ² M, for the next one.
// Pixels that the mask leaves out keep the model's wave, f = 1.
//
// Counted for an H200 (4.8 TB/s), 128² frames of one mode: a complex plane is 0.13 MB; forward reads two and writes
// one, columns read 1½ and write one, backward reads one and writes one: 1.0 MB in all, of which object, probe and the
// waves of a batch that fits the 50 MB of L2 need not come from memory. Two bare transforms by a library that makes two
// passes each move 1.0 MB as well. Operations: 2 × 5 N log₂ N = 2.3 MFlop, a hundredth of what the machine does
// meanwhile.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kokkos_kernels/fft/line_plan.hpp"
#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

enum class Likelihood { amplitude, poisson };

// What was measured, arranged as FrameLayout says.
struct FrameData {
  View<float*> amplitude;   // √I of each frame that is kept, 0 where the mask leaves a pixel out
  View<float*> valid;       // 1 or 0, one frame's
  View<float*> background;  // B, one frame's
};

struct FrameBatch {
  int count = 0;
  View<FramePlace*> places;
};

// Sums of frames while they are found, (frame of the batch, block of columns, sum), and on the host. A frame's lie side
// by side.
using FrameNumbers = Kokkos::View<double***, Kokkos::LayoutRight, MemorySpace>;
using HostFrameNumbers = decltype(Kokkos::create_mirror_view(std::declval<const FrameNumbers&>()));
// The first `count` frames' to the host. Waits for them.
void bring_numbers(const ExecutionSpace& space, const FrameNumbers& numbers, int count, const HostFrameNumbers& host);

// Of one frame, over valid pixels: Σ (√I − √M)², Σ |√I − √M|, what Poisson noise makes of the first on average, and the
// two sums of the Poisson step; and, where frames are compared or projected only, Σ M, and where they are compared Σ k
// I and Σ k M, k in cycles a pixel; and, of changes by Poisson's likelihood, a quarter of its deviance
// (poisson_deviance.hpp).
struct FrameSums {
  static constexpr int count = 11, at_off = 0, at_noise = 2, at_model = 7;  // in the order below
  double off = 0.0, amplitude = 0.0, noise = 0.0, step_numerator = 0.0, step_denominator = 0.0;
  double measured_x = 0.0, measured_y = 0.0, model = 0.0, model_x = 0.0, model_y = 0.0;
  double deviance = 0.0;
};

// ψ ← P O + β t (Π − 1)(2 P O − ψ), Π the projection onto the measured moduli. t = 1 − √(bound / E) brings a frame's
// error, E = Σ (√I − √M)² of the reflected waves, to its bound; it is 0 where E is below that.
//   bound = noise · N (1 − N / S),   N: what Poisson noise of mean M makes of E on average, S = Σ M
// Π − 1 is linear in t, so that E, known when the columns are done, is in time for the last pass.
struct ProjectionStep {
  float beta = 1.0f, noise = 0.0f;
};

class FrameKernels {
 public:
  // At most `batch` frames a call. Throws ConfigError for frames that cannot be transformed.
  FrameKernels(const ExecutionSpace& space, int nx, int ny, int modes, int batch);

  // χ of each frame and mode of the batch: change.count ≥ batch × modes. object: one plane.
  void change(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes,
              Likelihood likelihood, const Planes& change) const;
  // The same, and all sums that compare() has.
  void change_and_compare(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes,
                          Likelihood likelihood, const Planes& change) const;
  // The sums alone.
  void compare(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes) const;
  // wave: exit waves, in place, (first + frame) × modes + mode.
  void project(const FrameBatch& batch, const FrameData& data, const Planes& object, const Planes& probes,
               ProjectionStep step, const Planes& wave, int first) const;
  // Of the frames of the last call. Waits for it.
  std::vector<FrameSums> sums(int count) const;

  const FrameLayout& layout() const { return layout_; }
  int modes() const { return modes_; }

 private:
  template <class Factor>
  void change_by(const Factor& factor, const FrameBatch& batch, const FrameData& data, const Planes& object,
                 const Planes& probes, const Planes& change) const;
  float scale() const { return 1.0f / (static_cast<float>(layout_.nx) * static_cast<float>(layout_.ny)); }

  ExecutionSpace space_;
  FrameLayout layout_;
  int modes_, batch_, group_;
  fft::LinePlan<float> line_x_, line_y_;
  View<float*> waves_;  // (group × modes × layout.wave())
  FrameNumbers sums_;   // (batch, blocks of columns, FrameSums::count)
  HostFrameNumbers sums_host_;
};

}  // namespace locum::imaging
