// The CPU twin of convolution.hpp: oneDNN.
#include <omp.h>

#include <algorithm>
#include <map>

#include "kokkos_kernels/conv/dnnl_plans.hpp"
#include "kokkos_kernels/conv/library_convolution.hpp"

namespace locum::conv {
namespace {

template <class Plan, class... Arguments>
Plan& kept(std::map<Shape, std::unique_ptr<Plan>>& plans, const Shape& shape, const Arguments&... arguments) {
  auto& plan = plans[shape];
  if (!plan) plan = std::make_unique<Plan>(arguments...);
  return *plan;
}

void add(const dnnl::memory& from, const View<float*>& to) {
  const auto* numbers = static_cast<const float*>(from.get_data_handle());
  for (std::size_t k = 0; k < to.extent(0); ++k) to(k) += numbers[k];
}

// The derivative by x at stride 1 is a convolution of dy with the kernel turned by half a turn and its channels
// exchanged; oneDNN's forward kernels are faster than its backward ones.
Filter turned(const Filter& f) { return {f.out, f.in, f.kernel, 1, f.kernel - 1 - f.pad}; }

void turn(const Filter& f, const float* from, std::vector<float>& to) {
  const int k = f.kernel;
  to.resize(static_cast<std::size_t>(f.weights()));
  for (int o = 0; o < f.out; ++o)
    for (int p = 0; p < k * k; ++p)
      for (int i = 0; i < f.in; ++i)
        to[static_cast<std::size_t>((i * k * k + k * k - 1 - p) * f.out + o)] = from[(o * k * k + p) * f.in + i];
}

// Convolution of images that oneDNN computes with as they are: float, or Bf16.
template <class T>
class Direct {
 public:
  explicit Direct(const Filter& filter) : filter_(filter), stream_(cpu()) {}
  void set_weights(const View<const float*>& weights, const View<const float*>& bias) {
    if ((bias.extent(0) > 0) != (bias_.extent(0) > 0)) forward_.clear();  // their plans want a bias, or none
    weights_ = weights;
    bias_ = bias;
    ++version_;
  }

  void forward(const Shape& shape, const T* x, T* y) {
    const bool biased = bias_.extent(0) > 0;
    auto& plan = kept(forward_, shape, type_of<T>, filter_, shape, biased);
    run(plan, x, y, weights_.data(), biased);
  }

  void backward_data(const Shape& shape, const T* dy, T* dx) {
    if (filter_.stride == 1) {
      const Filter f = turned(filter_);
      const Shape other{shape.batch, filter_.output(shape.nx), filter_.output(shape.ny)};
      auto& plan = kept(turned_, other, type_of<T>, f, other, false);
      if (turned_version_ != version_) {
        turn(filter_, weights_.data(), turned_weights_);
        turned_version_ = version_;
      }
      return run(plan, dy, dx, turned_weights_.data(), false);
    }
    auto& plan = kept(backward_data_, shape, type_of<T>, filter_, shape);
    plan.weights.update(stream_, weights_.data(), version_);
    bind(plan.dy, dy);
    bind(plan.dx, dx);
    plan.primitive.execute(
        stream_, {{DNNL_ARG_DIFF_DST, plan.dy}, {DNNL_ARG_WEIGHTS, plan.weights.packed}, {DNNL_ARG_DIFF_SRC, plan.dx}});
    stream_.wait();
  }

  void backward_weights(const Shape& shape, const T* x, const T* dy, const View<float*>& dw, const View<float*>& db) {
    auto& plan = kept(backward_weights_, shape, type_of<T>, filter_, shape);
    bind(plan.x, x);
    bind(plan.dy, dy);
    plan.primitive.execute(stream_, {{DNNL_ARG_SRC, plan.x},
                                     {DNNL_ARG_DIFF_DST, plan.dy},
                                     {DNNL_ARG_DIFF_WEIGHTS, plan.dw},
                                     {DNNL_ARG_DIFF_BIAS, plan.db}});
    plan.reorder.execute(stream_, plan.dw, plan.plain);
    stream_.wait();
    add(plan.plain, dw);
    if (db.extent(0) > 0) add(plan.db, db);
  }

 private:
  void run(ForwardPlan& plan, const T* x, T* y, const float* weights, bool biased) {
    plan.weights.update(stream_, weights, version_);
    bind(plan.x, x);
    bind(plan.y, y);
    if (biased) bind(plan.bias, bias_.data());
    std::unordered_map<int, dnnl::memory> arguments{
        {DNNL_ARG_SRC, plan.x}, {DNNL_ARG_WEIGHTS, plan.weights.packed}, {DNNL_ARG_DST, plan.y}};
    if (biased) arguments.emplace(DNNL_ARG_BIAS, plan.bias);
    plan.primitive.execute(stream_, arguments);
    stream_.wait();
  }

  Filter filter_;
  dnnl::stream stream_;
  View<const float*> weights_, bias_;
  std::uint64_t version_ = 0, turned_version_ = 0;
  std::vector<float> turned_weights_;
  std::map<Shape, std::unique_ptr<ForwardPlan>> forward_, turned_;
  std::map<Shape, std::unique_ptr<BackwardDataPlan>> backward_data_;
  std::map<Shape, std::unique_ptr<BackwardWeightsPlan>> backward_weights_;
};

float widened(Bf16 x) { return std::bit_cast<float>(std::uint32_t{x.bits} << 16); }
float widened(Fp16 x) { return static_cast<float>(std::bit_cast<_Float16>(x.bits)); }
void narrow(float x, Fp16& to) { to.bits = std::bit_cast<std::uint16_t>(static_cast<_Float16>(x)); }
void narrow(float x, Bf16& to) {
  const auto u = std::bit_cast<std::uint32_t>(x);  // to the nearest, ties to even; NaN stays one
  to.bits = static_cast<std::uint16_t>(x == x ? (u + 0x7fffu + ((u >> 16) & 1u)) >> 16 : 0x7fc0u);
}

// Convolution of images that are widened to float on the way in and rounded on the way out; weights are rounded too, as
// they are where the format has arithmetic of its own.
template <class T>
class Detour {
 public:
  explicit Detour(const Filter& filter) : filter_(filter), direct_(filter) {}
  void set_weights(const View<const float*>& weights, const View<const float*>& bias) {
    const View<float*> own(uninitialized("rounded_weights"), weights.extent(0));
    for (std::size_t k = 0; k < weights.extent(0); ++k) {
      T small;
      narrow(weights(k), small);
      own(k) = widened(small);
    }
    direct_.set_weights(own, bias);
  }
  void forward(const Shape& s, const T* x, T* y) {
    direct_.forward(s, wide(x_, x, inside(s)), room(y_, outside(s)));
    narrow_all(y_, y, outside(s));
  }
  void backward_data(const Shape& s, const T* dy, T* dx) {
    direct_.backward_data(s, wide(y_, dy, outside(s)), room(x_, inside(s)));
    narrow_all(x_, dx, inside(s));
  }
  void backward_weights(const Shape& s, const T* x, const T* dy, const View<float*>& dw, const View<float*>& db) {
    const float* wide_x = wide(x_, x, inside(s));
    direct_.backward_weights(s, wide_x, wide(y_, dy, outside(s)), dw, db);
  }

 private:
  std::size_t inside(const Shape& s) const { return static_cast<std::size_t>(s.batch) * s.nx * s.ny * filter_.in; }
  std::size_t outside(const Shape& s) const {
    return static_cast<std::size_t>(s.batch) * filter_.output(s.nx) * filter_.output(s.ny) * filter_.out;
  }
  static float* room(std::vector<float>& to, std::size_t count) {
    if (to.size() < count) to.resize(count);
    return to.data();
  }
  static const float* wide(std::vector<float>& to, const T* from, std::size_t count) {
    float* numbers = room(to, count);
    for (std::size_t k = 0; k < count; ++k) numbers[k] = widened(from[k]);
    return numbers;
  }
  static void narrow_all(const std::vector<float>& from, T* to, std::size_t count) {
    for (std::size_t k = 0; k < count; ++k) narrow(from[k], to[k]);
  }

  Filter filter_;
  Direct<float> direct_;
  std::vector<float> x_, y_;
};

// oneDNN's convolutions in bf16 begin with AVX-512; below that they are plain loops or missing.
bool computes_in_bf16() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core; }

// Direct or Detour behind the interface: device work is waited for, and the library's errors become ours.
template <class T, class Way>
class CpuConvolution final : public LibraryConvolution<T> {
 public:
  CpuConvolution(const ExecutionSpace& space, const Filter& filter) : space_(space), filter_(filter), way_(filter) {}
  void set_weights(const View<const float*>& weights, const View<const float*>& bias) override {
    run("conv::set_weights", [&] { way_.set_weights(weights, bias); });
  }
  void forward(const Shape& shape, const T* x, T* y) override {
    run("conv::forward", [&] { way_.forward(shape, x, y); });
  }
  void backward_data(const Shape& shape, const T* dy, T* dx) override {
    run("conv::backward_data", [&] { way_.backward_data(shape, dy, dx); });
  }
  void backward_weights(const Shape& shape, const T* x, const T* dy, const View<float*>& dw,
                        const View<float*>& db) override {
    run("conv::backward_weights", [&] { way_.backward_weights(shape, x, dy, dw, db); });
  }

 private:
  template <class Body>
  void run(const char* what, const Body& body) {
    space_.fence();
    try {
      body();
    } catch (const dnnl::error& error) {
      throw BackendError(std::string("oneDNN: ") + error.what() + " for a convolution of " + filter_text(filter_),
                         what);
    }
  }

  ExecutionSpace space_;
  Filter filter_;
  Way way_;
};

}  // namespace

template <class T>
std::unique_ptr<LibraryConvolution<T>> make_library_convolution(const ExecutionSpace& space, const Filter& filter,
                                                                bool) {
  if constexpr (std::is_same_v<T, float>) {
    return std::make_unique<CpuConvolution<T, Direct<T>>>(space, filter);
  } else {
    if constexpr (std::is_same_v<T, Bf16>)
      if (computes_in_bf16()) return std::make_unique<CpuConvolution<T, Direct<T>>>(space, filter);
    return std::make_unique<CpuConvolution<T, Detour<T>>>(space, filter);
  }
}
template std::unique_ptr<LibraryConvolution<float>> make_library_convolution(const ExecutionSpace&, const Filter&,
                                                                             bool);
template std::unique_ptr<LibraryConvolution<Bf16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);
template std::unique_ptr<LibraryConvolution<Fp16>> make_library_convolution(const ExecutionSpace&, const Filter&, bool);

void set_threads(int count) {
  cpu();  // whose first use sets the number too
  omp_set_num_threads(std::max(1, count));
}
int threads() {
  cpu();
  return omp_get_max_threads();
}
std::string library() {
  const dnnl_version_t* version = dnnl::version();
  return fmt::format("oneDNN {}.{}.{}", version->major, version->minor, version->patch);
}

}  // namespace locum::conv
