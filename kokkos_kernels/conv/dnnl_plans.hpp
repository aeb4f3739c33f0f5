// oneDNN's primitives with their memory objects, one struct for each of the three directions. Internal to the CPU twin.
//
// Images stay as they are (NHWC) and only weights are reordered, when they have changed: over the layers of PtychoNN
// oneDNN 2.6 convolves NHWC at 187 GFlop/s on one core and its own blocked order at 175 (AVX-512; 271 against 293 ms
// for the derivative by data of 64 frames, 373 against 298 ms for that by weights), without a reorder between layers.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <type_traits>

#include "kokkos_kernels/conv/checks.hpp"

namespace locum::conv {

using Tag = dnnl::memory::format_tag;
using Type = dnnl::memory::data_type;
using Dims = dnnl::memory::dims;

template <class T>
constexpr Type type_of = std::is_same_v<T, float> ? Type::f32 : Type::bf16;

// The library's engine. Ranks are the parallelism on the CPU: left alone, each rank would start as many threads as
// there are cores, so that one is what there is until set_threads or OMP_NUM_THREADS say otherwise.
const dnnl::engine& cpu();

inline dnnl::memory unbound(const dnnl::memory::desc& description) {
  return dnnl::memory(description, cpu(), DNNL_MEMORY_NONE);
}
template <class T>
void bind(dnnl::memory& memory, const T* data) {
  memory.set_data_handle(const_cast<std::remove_const_t<T>*>(data));  // the library's arguments know no const
}

inline dnnl::memory::desc images(Type type, int batch, int channels, int nx, int ny) {
  return {Dims{batch, channels, nx, ny}, type, Tag::nhwc};
}
inline dnnl::memory::desc any_weights(Type type, const Filter& f) {
  return {Dims{f.out, f.in, f.kernel, f.kernel}, type, Tag::any};
}
inline dnnl::memory::desc plain_weights(const Filter& f) {
  return {Dims{f.out, f.in, f.kernel, f.kernel}, Type::f32, Tag::ohwi};
}
// The padding behind may differ from the one in front, where the stride leaves something over.
inline Dims padding_behind(const Filter& f, const Shape& s) {
  return {(f.output(s.nx) - 1) * f.stride + f.kernel - s.nx - f.pad,
          (f.output(s.ny) - 1) * f.stride + f.kernel - s.ny - f.pad};
}
inline dnnl::memory::desc bias_of(const Filter& f) { return {Dims{f.out}, Type::f32, Tag::x}; }

// What follows the convolution in one go.
dnnl::primitive_attr fused(Activation activation);

// Weights in the order that a primitive reads, and for which numbers of the plain ones they stand.
struct PackedWeights {
  PackedWeights(const dnnl::memory::desc& wanted, const Filter& f)
      : plain(unbound(plain_weights(f))), packed(wanted, cpu()), reorder(plain, packed) {}
  void update(dnnl::stream& stream, const float* weights, std::uint64_t version) {
    if (packed_version == version) return;
    bind(plain, weights);
    reorder.execute(stream, plain, packed);
    packed_version = version;
  }
  dnnl::memory plain, packed;
  dnnl::reorder reorder;
  std::uint64_t packed_version = 0;
};

dnnl::convolution_forward::desc forward_description(Type type, const Filter& f, const Shape& s, bool biased);

struct ForwardPlan {
  using Description = dnnl::convolution_forward::primitive_desc;
  ForwardPlan(Type type, const Filter& f, const Shape& s, bool biased)
      : ForwardPlan(Description(forward_description(type, f, s, biased), fused(s.activation), cpu()), f) {}
  ForwardPlan(const Description& d, const Filter& f)
      : primitive(d),
        x(unbound(d.src_desc())),
        y(unbound(d.dst_desc())),
        bias(unbound(bias_of(f))),
        weights(d.weights_desc(), f) {}
  dnnl::convolution_forward primitive;
  dnnl::memory x, y, bias;
  PackedWeights weights;
};

struct BackwardDataPlan {
  using Description = dnnl::convolution_backward_data::primitive_desc;
  BackwardDataPlan(Type type, const Filter& f, const Shape& s) : BackwardDataPlan(description(type, f, s), f) {}
  BackwardDataPlan(const Description& d, const Filter& f)
      : primitive(d), dy(unbound(d.diff_dst_desc())), dx(unbound(d.diff_src_desc())), weights(d.weights_desc(), f) {}
  static Description description(Type type, const Filter& f, const Shape& s) {
    const auto forward = forward_description(type, f, s, false);
    const ForwardPlan::Description hint(forward, cpu());
    const Dims stride{f.stride, f.stride}, pad{f.pad, f.pad};
    const Dims behind = padding_behind(f, s);
    return {{dnnl::algorithm::convolution_direct, hint.src_desc(), any_weights(type, f), hint.dst_desc(), stride, pad,
             behind},
            cpu(),
            hint};
  }
  dnnl::convolution_backward_data primitive;
  dnnl::memory dy, dx;
  PackedWeights weights;
};

struct BackwardWeightsPlan {
  using Description = dnnl::convolution_backward_weights::primitive_desc;
  BackwardWeightsPlan(Type type, const Filter& f, const Shape& s) : BackwardWeightsPlan(description(type, f, s), f) {}
  BackwardWeightsPlan(const Description& d, const Filter& f)
      : primitive(d),
        x(unbound(d.src_desc())),
        dy(unbound(d.diff_dst_desc())),
        dw(d.diff_weights_desc(), cpu()),
        db(d.diff_bias_desc(), cpu()),
        plain(plain_weights(f), cpu()),
        reorder(dw, plain) {}
  static Description description(Type type, const Filter& f, const Shape& s) {
    const auto forward = forward_description(type, f, s, true);
    const ForwardPlan::Description hint(forward, cpu());
    const Dims stride{f.stride, f.stride}, pad{f.pad, f.pad};
    const Dims behind = padding_behind(f, s);
    return {{dnnl::algorithm::convolution_direct, hint.src_desc(), any_weights(Type::f32, f), bias_of(f),
             hint.dst_desc(), stride, pad, behind},
            cpu(),
            hint};
  }
  dnnl::convolution_backward_weights primitive;
  dnnl::memory x, dy, dw, db, plain;
  dnnl::reorder reorder;
};

}  // namespace locum::conv
