// cuFFT: a plan of the whole batch, and of fewer waves one for every power of two, made when it is first asked for: n
// waves take as many calls as n has ones in binary.
#include <cufft.h>

#include <array>
#include <bit>
#include <optional>

#include "kokkos_kernels/fft/checks.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {
namespace {

void check(cufftResult result, const char* what) {
  if (result != CUFFT_SUCCESS)
    throw BackendError(fmt::format("cuFFT failed with code {}", static_cast<int>(result)), what,
                       "code 2 is too little memory: smaller batches");
}

// Its work area is the caller's: plans whose calls follow one another can have one between them.
struct Handle {
  Handle(cudaStream_t stream, int batch, int nx, int ny, cufftType type) {
    check(cufftCreate(&plan), "cufftCreate");
    int sizes[2] = {nx, ny};
    check(cufftSetAutoAllocation(plan, 0), "cufftSetAutoAllocation");
    check(cufftMakePlanMany(plan, 2, sizes, nullptr, 1, nx * ny, nullptr, 1, nx * ny, type, batch, &work_bytes),
          "cufftMakePlanMany");
    check(cufftSetStream(plan, stream), "cufftSetStream");
  }
  ~Handle() { cufftDestroy(plan); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  cufftHandle plan = 0;
  std::size_t work_bytes = 0;
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
      : space(execution_space), batch(planned_batch), nx(x), ny(y), all(space.cuda_stream(), batch, nx, ny, type) {
    work_for(all);
  }
  void run_on(const Waves<T>& waves, int direction) {
    check_shape(waves, batch, nx, ny);
    if (waves.extent_int(0) == batch) return run(all.plan, waves.data(), direction);
    for (unsigned left = static_cast<unsigned>(waves.extent_int(0)), first = 0; left > 0;) {
      const unsigned count = std::bit_floor(left);
      run(of(count).plan, waves.data() + static_cast<std::size_t>(first) * nx * ny, direction);
      first += count;
      left -= count;
    }
  }
  ExecutionSpace space;
  int batch, nx, ny;

 private:
  static constexpr cufftType type = sizeof(T) == 4 ? CUFFT_C2C : CUFFT_Z2Z;

  const Handle& of(unsigned count) {  // a power of two
    std::optional<Handle>& handle = some[static_cast<std::size_t>(std::countr_zero(count))];
    if (!handle) {
      handle.emplace(space.cuda_stream(), static_cast<int>(count), nx, ny, type);
      work_for(*handle);
    }
    return *handle;
  }
  // cuFFT's own areas begin at multiples of 256 bytes, Kokkos' arrays need not.
  void work_for(const Handle& handle) {
    constexpr std::size_t aligned = 256;
    if (handle.work_bytes + aligned > work.size()) {
      space.fence();  // who has the smaller one may be at work
      work = View<char*>(uninitialized("fft::work"), handle.work_bytes + aligned);
      give_work(all);
      for (const std::optional<Handle>& other : some)
        if (other) give_work(*other);
    } else {
      give_work(handle);
    }
  }
  void give_work(const Handle& handle) {
    constexpr std::uintptr_t aligned = 256;
    const auto first = (reinterpret_cast<std::uintptr_t>(work.data()) + aligned - 1) / aligned * aligned;
    check(cufftSetWorkArea(handle.plan, reinterpret_cast<void*>(first)), "cufftSetWorkArea");
  }

  Handle all;
  std::array<std::optional<Handle>, 31> some;
  View<char*> work;
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
