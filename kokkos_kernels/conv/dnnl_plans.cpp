#include "kokkos_kernels/conv/dnnl_plans.hpp"

#include <omp.h>

#include <cstdlib>

namespace locum::conv {

const dnnl::engine& cpu() {
  static const dnnl::engine engine = [] {
    if (!std::getenv("OMP_NUM_THREADS")) omp_set_num_threads(1);
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

dnnl::primitive_attr fused(Activation activation) {
  dnnl::primitive_attr attributes;
  if (activation == Activation::none) return attributes;
  const auto function =
      activation == Activation::relu ? dnnl::algorithm::eltwise_relu : dnnl::algorithm::eltwise_gelu_tanh;
  dnnl::post_ops after;
  after.append_eltwise(1.0f, function, 0.0f, 0.0f);
  attributes.set_post_ops(after);
  return attributes;
}

dnnl::convolution_forward::desc forward_description(Type type, const Filter& f, const Shape& s, bool biased) {
  const auto x = images(type, s.batch, f.in, s.nx, s.ny), w = any_weights(type, f);
  const auto y = images(type, s.batch, f.out, f.output(s.nx), f.output(s.ny));
  const Dims stride{f.stride, f.stride}, pad{f.pad, f.pad}, behind = padding_behind(f, s);
  const auto kind = dnnl::prop_kind::forward_training;
  const auto algorithm = dnnl::algorithm::convolution_direct;
  return biased ? dnnl::convolution_forward::desc(kind, algorithm, x, w, bias_of(f), y, stride, pad, behind)
                : dnnl::convolution_forward::desc(kind, algorithm, x, w, y, stride, pad, behind);
}

}  // namespace locum::conv
