// FFTW: one thread a rank, since ranks are the only parallelism on the CPU.
#include <fftw3.h>

#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "kokkos_kernels/fft/checks.hpp"
#include "kokkos_kernels/fft/transform.hpp"

namespace locum::fft {
namespace {

template <class T>
struct Library;
template <>
struct Library<double> {
  using Plan = fftw_plan;
  using Number = fftw_complex;
  static Plan make(int nx, int ny, Number* at, int sign, unsigned flags) {
    return fftw_plan_dft_2d(nx, ny, at, at, sign, flags);
  }
  static void run(Plan plan, Number* at) { fftw_execute_dft(plan, at, at); }
  static Number* allocate(std::size_t n) { return fftw_alloc_complex(n); }
  static void release(Number* at) { fftw_free(at); }
};
template <>
struct Library<float> {
  using Plan = fftwf_plan;
  using Number = fftwf_complex;
  static Plan make(int nx, int ny, Number* at, int sign, unsigned flags) {
    return fftwf_plan_dft_2d(nx, ny, at, at, sign, flags);
  }
  static void run(Plan plan, Number* at) { fftwf_execute_dft(plan, at, at); }
  static Number* allocate(std::size_t n) { return fftwf_alloc_complex(n); }
  static void release(Number* at) { fftwf_free(at); }
};

template <class T>
struct Pair {
  typename Library<T>::Plan forward, inverse;
};

// One wave after the other: a plan of one wave keeps it in the cache, and serves every batch. FFTW_UNALIGNED, because a
// wave in the middle of a batch need not lie where the first one does.
template <class T>
Pair<T> planned(int nx, int ny, Effort effort) {
  static std::mutex guard;  // FFTW's planner is not for two threads at once
  static std::map<std::tuple<int, int, Effort>, Pair<T>> kept;
  const std::lock_guard lock(guard);
  const auto [place, is_new] = kept.try_emplace({nx, ny, effort});
  if (!is_new) return place->second;
  const unsigned flags = FFTW_UNALIGNED | (effort == Effort::measure ? FFTW_MEASURE : FFTW_ESTIMATE);
  auto* scratch = Library<T>::allocate(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny));
  if (scratch) {
    place->second = {Library<T>::make(nx, ny, scratch, FFTW_FORWARD, flags),
                     Library<T>::make(nx, ny, scratch, FFTW_BACKWARD, flags)};
    Library<T>::release(scratch);
  }
  if (!scratch || !place->second.forward || !place->second.inverse) {
    kept.erase(place);
    throw BackendError(fmt::format("FFTW made no plan for {} × {} points", nx, ny), "fft", "is there enough memory?");
  }
  return place->second;
}

}  // namespace

template <class T>
struct Transform2d<T>::Plan {
  int batch, nx, ny;
  Pair<T> pair;
};

template <class T>
Transform2d<T>::Transform2d(const ExecutionSpace&, int batch, int nx, int ny, Effort effort) {
  check_sizes(batch, nx, ny);
  plan_ = std::make_unique<Plan>(Plan{batch, nx, ny, planned<T>(nx, ny, effort)});
}
template <class T>
Transform2d<T>::~Transform2d() = default;
template <class T>
Transform2d<T>::Transform2d(Transform2d&&) noexcept = default;
template <class T>
Transform2d<T>& Transform2d<T>::operator=(Transform2d&&) noexcept = default;

template <class T>
void Transform2d<T>::forward(const Waves<T>& waves) const {
  check_shape(waves, plan_->batch, plan_->nx, plan_->ny);
  for (int b = 0; b < waves.extent_int(0); ++b)
    Library<T>::run(plan_->pair.forward, reinterpret_cast<typename Library<T>::Number*>(&waves(b, 0, 0)));
}

template <class T>
void Transform2d<T>::inverse(const Waves<T>& waves) const {
  check_shape(waves, plan_->batch, plan_->nx, plan_->ny);
  const std::size_t points = static_cast<std::size_t>(plan_->nx) * static_cast<std::size_t>(plan_->ny);
  const T scale = T(1) / static_cast<T>(points);
  for (int b = 0; b < waves.extent_int(0); ++b) {
    Complex<T>* wave = &waves(b, 0, 0);
    Library<T>::run(plan_->pair.inverse, reinterpret_cast<typename Library<T>::Number*>(wave));
    T* numbers = reinterpret_cast<T*>(wave);
    for (std::size_t k = 0; k < 2 * points; ++k) numbers[k] *= scale;
  }
}

template class Transform2d<float>;
template class Transform2d<double>;

std::string library() { return fftwf_version; }

}  // namespace locum::fft
