// cuFFT: a plan of the whole batch, and one of a single wave for what is left over.
#include <cufft.h>

#include "kokkos_kernels/fft/checks.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {
namespace {

void check(cufftResult result, const char* what) {
  if (result != CUFFT_SUCCESS)
    throw BackendError(fmt::format("cuFFT failed with code {}", static_cast<int>(result)), what,
                       "code 2 is too little memory: smaller batches");
}

struct Handle {
  Handle(cudaStream_t stream, int batch, int nx, int ny, cufftType type) {
    int sizes[2] = {nx, ny};
    check(cufftPlanMany(&plan, 2, sizes, nullptr, 1, nx * ny, nullptr, 1, nx * ny, type, batch), "cufftPlanMany");
    check(cufftSetStream(plan, stream), "cufftSetStream");
  }
  ~Handle() { cufftDestroy(plan); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cufftHandle plan = 0;
};

void run(cufftHandle plan, Complex<float>* at, int direction) {
  auto* numbers = reinterpret_cast<cufftComplex*>(at);
  check(cufftExecC2C(plan, numbers, numbers, direction), "cufftExecC2C");
}
void run(cufftHandle plan, Complex<double>* at, int direction) {
  auto* numbers = reinterpret_cast<cufftDoubleComplex*>(at);
  check(cufftExecZ2Z(plan, numbers, numbers, direction), "cufftExecZ2Z");
}

}  // namespace

template <class T>
struct Transform2d<T>::Plan {
  Plan(const ExecutionSpace& execution_space, int planned_batch, int x, int y)
      : space(execution_space),
        batch(planned_batch),
        nx(x),
        ny(y),
        all(space.cuda_stream(), batch, nx, ny, sizeof(T) == 4 ? CUFFT_C2C : CUFFT_Z2Z),
        one(space.cuda_stream(), 1, nx, ny, sizeof(T) == 4 ? CUFFT_C2C : CUFFT_Z2Z) {}
  void run_on(const Waves<T>& waves, int direction) const {
    check_shape(waves, batch, nx, ny);
    if (waves.extent_int(0) == batch) return run(all.plan, waves.data(), direction);
    for (int b = 0; b < waves.extent_int(0); ++b)
      run(one.plan, waves.data() + static_cast<std::size_t>(b) * nx * ny, direction);
  }
  ExecutionSpace space;
  int batch, nx, ny;
  Handle all, one;
};

template <class T>
Transform2d<T>::Transform2d(const ExecutionSpace& space, int batch, int nx, int ny, Effort) {
  check_sizes(batch, nx, ny);
  plan_ = std::make_unique<Plan>(space, batch, nx, ny);
}
template <class T>
Transform2d<T>::~Transform2d() = default;
template <class T>
Transform2d<T>::Transform2d(Transform2d&&) noexcept = default;
template <class T>
Transform2d<T>& Transform2d<T>::operator=(Transform2d&&) noexcept = default;

template <class T>
void Transform2d<T>::forward(const Waves<T>& waves) const {
  plan_->run_on(waves, CUFFT_FORWARD);
}

template <class T>
void Transform2d<T>::inverse(const Waves<T>& waves) const {
  plan_->run_on(waves, CUFFT_INVERSE);
  const T scale = T(1) / (static_cast<T>(plan_->nx) * static_cast<T>(plan_->ny));
  Complex<T>* numbers = waves.data();
  Kokkos::parallel_for(
      "fft::scale",
      Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(plan_->space, 0,
                                                                           static_cast<std::int64_t>(waves.size())),
      KOKKOS_LAMBDA(std::int64_t k) { numbers[k] *= scale; });
}

template class Transform2d<float>;
template class Transform2d<double>;

std::string library() {
  int version = 0;
  cufftGetVersion(&version);
  return fmt::format("cuFFT {}", version);
}

}  // namespace locum::fft
