// A ptychographic data set: diffraction frames, where the probe stood, and the probe; the object that they ask for.
#pragma once

#include <array>
#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"

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

// Some frames of another source, numbered anew.
class ChosenFrames final : public FrameSource {
 public:
  ChosenFrames(std::shared_ptr<const FrameSource> source, std::vector<int> which);
  int frames() const override { return static_cast<int>(which_.size()); }
  void read(std::span<const int> which, std::span<float> counts) const override;

 private:
  std::shared_ptr<const FrameSource> source_;
  std::vector<int> which_;
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
PixelBox hull(const PixelBox& a, const PixelBox& b);  // the smallest that holds both; of an empty one, the other

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

// Σ_m |P_m|² of the window, counts: (nx, ny).
std::vector<float> probe_intensity(const Ptychogram& input);

// Frames whose probe's window overlaps the box, ascending.
std::vector<int> frames_over(const Ptychogram& input, const PixelBox& box);

// Some frames of a data set, with no more of the object than a box and their windows need.
struct PtychogramPart {
  Ptychogram data;  // frames in the order of `which`; no tiles
  PixelBox box;     // of the whole object
  ObjectFunction cut(const Ptychogram& whole, const ObjectFunction& object) const;
};
PtychogramPart part_of(const Ptychogram& whole, const std::vector<int>& which, const PixelBox& needed);

}  // namespace locum
