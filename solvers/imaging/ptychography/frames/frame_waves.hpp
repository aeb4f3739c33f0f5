// What goes into the first pass over a frame, and what becomes of the last one's (frame_kernels.hpp). Each is called
// for a frame of a batch, a mode and a block of y, and gives a function of x and the group of lanes.
#pragma once

#include "solvers/imaging/ptychography/frames/frame_kernels.hpp"

namespace locum::imaging {

// P_m O below the frame's window.
struct ProductWave {
  Planes object, probes;
  int modes;
  struct Rows {
    const float *object, *probe;
    std::size_t object_imaginary, probe_imaginary;
    int object_stride, probe_stride;
    KOKKOS_FORCEINLINE_FUNCTION FrameLanes operator()(int x, int group) const {
      return load(probe + static_cast<std::ptrdiff_t>(x) * probe_stride + group * FramePack::lanes, probe_imaginary) *
             load(object + static_cast<std::ptrdiff_t>(x) * object_stride + group * FramePack::lanes, object_imaginary);
    }
  };
  KOKKOS_FORCEINLINE_FUNCTION Rows operator()(const FramePlace& place, int, int mode, int block) const {
    const int y = block * FrameLayout::width;
    return {object.at(0) + static_cast<std::ptrdiff_t>(place.x) * object.stride + place.y + y,
            probes.at(place.probe * modes + mode) + y,
            object.plane(),
            probes.plane(),
            object.stride,
            probes.stride};
  }
};

// 2 P O − ψ
struct ReflectedWave {
  ProductWave product;
  Planes wave;
  int first;
  struct Rows {
    ProductWave::Rows product;
    const float* wave;
    std::size_t imaginary;
    int stride;
    KOKKOS_FORCEINLINE_FUNCTION FrameLanes operator()(int x, int group) const {
      return 2.0f * product(x, group) +
             -1.0f * load(wave + static_cast<std::ptrdiff_t>(x) * stride + group * FramePack::lanes, imaginary);
    }
  };
  KOKKOS_FORCEINLINE_FUNCTION Rows operator()(const FramePlace& place, int frame, int mode, int block) const {
    return {product(place, frame, mode, block),
            wave.at((first + frame) * product.modes + mode) + block * FrameLayout::width, wave.plane(), wave.stride};
  }
};

struct StoreChange {
  Planes change;
  int modes;
  struct Rows {
    float* at;
    std::size_t imaginary;
    int stride;
    KOKKOS_FORCEINLINE_FUNCTION void operator()(int x, int group, FrameLanes v) const {
      store(at + static_cast<std::ptrdiff_t>(x) * stride + group * FramePack::lanes, imaginary, v);
    }
  };
  KOKKOS_FORCEINLINE_FUNCTION Rows operator()(const FramePlace&, int frame, int mode, int block) const {
    return {change.at(frame * modes + mode) + block * FrameLayout::width, change.plane(), change.stride};
  }
};

// ψ ← P O + β t χ
struct StoreProjection {
  ProductWave product;
  Planes wave;
  int first;
  ProjectionStep step;
  FrameNumbers sums;
  struct Rows {
    ProductWave::Rows product;
    float* wave;
    std::size_t imaginary;
    int stride;
    float share;
    KOKKOS_FORCEINLINE_FUNCTION void operator()(int x, int group, FrameLanes v) const {
      store(wave + static_cast<std::ptrdiff_t>(x) * stride + group * FramePack::lanes, imaginary,
            product(x, group) + share * v);
    }
  };
  // t of a frame.
  KOKKOS_INLINE_FUNCTION float share(int frame) const {
    if (!(step.noise > 0.0f)) return 1.0f;
    double off = 0.0, noise = 0.0, model = 0.0;
    for (int block = 0; block < static_cast<int>(sums.extent(1)); ++block) {
      off += sums(frame, block, FrameSums::at_off);
      noise += sums(frame, block, FrameSums::at_noise);
      model += sums(frame, block, FrameSums::at_model);
    }
    const double bound = model > noise ? step.noise * noise * (1.0 - noise / model) : 0.0;
    return off > bound ? 1.0f - std::sqrt(static_cast<float>(bound / off)) : 0.0f;
  }
  KOKKOS_FORCEINLINE_FUNCTION Rows operator()(const FramePlace& place, int frame, int mode, int block) const {
    return {product(place, frame, mode, block),
            wave.at((first + frame) * product.modes + mode) + block * FrameLayout::width, wave.plane(), wave.stride,
            step.beta * share(frame)};
  }
};

}  // namespace locum::imaging
