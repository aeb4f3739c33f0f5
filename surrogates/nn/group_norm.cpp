#include "surrogates/nn/group_norm.hpp"

#include <cmath>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

constexpr float epsilon = 1e-5f;

// For sums of which there are few, of many numbers each: a team for each on a GPU; a core on the CPU adds in order.
using SumPolicy = Kokkos::TeamPolicy<ExecutionSpace>;
using SumMember = SumPolicy::member_type;
SumPolicy each_sum(const ExecutionSpace& space, int sums) { return SumPolicy(space, sums, device_is_host ? 1 : 128); }

template <class Table>
void fit(Table& table, const char* label, int rows, int columns) {
  if (table.extent_int(0) < rows || table.extent_int(1) != columns)
    table = Table(uninitialized(label), static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
}

// y ← f(γ (x − μ) s + β)
template <Pointwise kind, class T, class Table>
void normalise(const ExecutionSpace& space, const Images<T>& x, const Images<T>& y, const Table& mean,
               const Table& scale, const View<const float*>& p, int members) {
  const int channels = x.extent_int(3), pixels = x.extent_int(1) * x.extent_int(2);
  const T* from = x.data();
  T* to = y.data();
  for_each_pixel(
      "group_norm", space, extent_of(x).pixels(), channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int image = pixel / pixels;
        const std::size_t at = static_cast<std::size_t>(pixel) * channels;
        for (int c = first; c < last; ++c) {
          const float normal = (load(from[at + c]) - mean(image, c / members)) * scale(image, c / members);
          store(to[at + c], value_of<kind>(p(c) * normal + p(channels + c)));
        }
      });
}

// dy ← derivative by what f is given; row by row of pixels its sum and its product with ŷ.
template <Pointwise kind, class T, class Table>
void slopes(const ExecutionSpace& space, const Images<T>& x, const Images<T>& dy, const Table& mean, const Table& scale,
            const View<const float*>& p, int members, float* first_sum, float* second_sum) {
  const int channels = x.extent_int(3), ny = x.extent_int(2), nx = x.extent_int(1);
  const T* from = x.data();
  T* slope = dy.data();
  for_each_pixel(
      "group_norm_slopes", space, x.extent_int(0) * nx, channels, KOKKOS_LAMBDA(int row, int first, int last) {
        const int image = row / nx;
        float* s1 = first_sum + static_cast<std::size_t>(row) * channels;
        float* s2 = second_sum + static_cast<std::size_t>(row) * channels;
        for (int c = first; c < last; ++c) s1[c] = s2[c] = 0.0f;
        for (int y = 0; y < ny; ++y) {
          const std::size_t at = (static_cast<std::size_t>(row) * ny + y) * channels;
          for (int c = first; c < last; ++c) {
            const float normal = (load(from[at + c]) - mean(image, c / members)) * scale(image, c / members);
            const float z = p(c) * normal + p(channels + c);
            const float d = load(slope[at + c]) * slope_of<kind>(needs_input(kind) ? z : value_of<kind>(z));
            store(slope[at + c], d);
            s1[c] += d;
            s2[c] += d * normal;
          }
        }
      });
}

}  // namespace

template <class T>
GroupNormLayer<T>::GroupNormLayer(const ExecutionSpace& space, const GroupNormConfig& config)
    : space_(space), config_(config) {
  if (config.groups < 1 || config.channels < 1 || config.channels % config.groups != 0)
    throw ConfigError("group normalisation of " + std::to_string(config.channels) + " channels in " +
                          std::to_string(config.groups) + " groups",
                      "", "the groups must divide the channels");
}

template <class T>
void GroupNormLayer<T>::initialise(std::span<double> p, std::uint64_t, std::uint64_t) const {
  const auto channels = static_cast<std::size_t>(config_.channels);
  for (std::size_t k = 0; k < p.size(); ++k) p[k] = k < channels ? 1.0 : 0.0;
}

template <class T>
void GroupNormLayer<T>::set_parameters(const View<const float*>& p) {
  if (p.extent(0) != parameters())
    throw ConfigError("group normalisation was given " + std::to_string(p.extent(0)) + " parameters, it has " +
                      std::to_string(parameters()));
  parameters_ = p;
}

// Means and squared distances of rows, put together by Chan, Golub and LeVeque's formula: as exact as two passes.
template <class T>
void GroupNormLayer<T>::moments(const Images<T>& x, const Table& mean, const Table& scale) const {
  const int channels = config_.channels, members = channels / config_.groups, groups = config_.groups;
  const int nx = x.extent_int(1), ny = x.extent_int(2), rows = x.extent_int(0) * nx;
  const std::size_t count = static_cast<std::size_t>(rows) * channels;
  float *means = first_.numbers("row_means", count).data(), *squares = second_.numbers("row_squares", count).data();
  const T* from = x.data();
  for_each_pixel(
      "group_norm_rows", space_, rows, channels, KOKKOS_LAMBDA(int row, int first, int last) {
        float* m = means + static_cast<std::size_t>(row) * channels;
        float* s = squares + static_cast<std::size_t>(row) * channels;
        const T* at = from + static_cast<std::size_t>(row) * ny * channels;
        for (int c = first; c < last; ++c) m[c] = s[c] = 0.0f;
        for (int y = 0; y < ny; ++y)
          for (int c = first; c < last; ++c) m[c] += load(at[y * channels + c]);
        for (int c = first; c < last; ++c) m[c] /= static_cast<float>(ny);
        for (int y = 0; y < ny; ++y)
          for (int c = first; c < last; ++c) {
            const float d = load(at[y * channels + c]) - m[c];
            s[c] += d * d;
          }
      });
  Kokkos::parallel_for(
      "group_norm_moments", each_sum(space_, x.extent_int(0) * groups), KOKKOS_LAMBDA(const SumMember& team) {
        const int image = team.league_rank() / groups, group = team.league_rank() % groups;
        const auto range = Kokkos::TeamThreadRange(team, nx * members);
        const std::size_t begin = static_cast<std::size_t>(image) * nx * channels + group * members;
        float sum = 0.0f, square = 0.0f;
        Kokkos::parallel_reduce(
            range,
            [&](int k, float& s) {
              s += means[begin + static_cast<std::size_t>(k / members) * channels + k % members];
            },
            sum);
        const float mu = sum / static_cast<float>(nx * members);
        Kokkos::parallel_reduce(
            range,
            [&](int k, float& s) {
              const std::size_t at = begin + static_cast<std::size_t>(k / members) * channels + k % members;
              const float d = means[at] - mu;
              s += squares[at] + static_cast<float>(ny) * d * d;
            },
            square);
        Kokkos::single(Kokkos::PerTeam(team), [&]() {
          mean(image, group) = mu;
          scale(image, group) = 1.0f / std::sqrt(square / static_cast<float>(nx * ny * members) + epsilon);
        });
      });
}

template <class T>
void GroupNormLayer<T>::forward(const Images<T>& x, const Images<T>& y, Cache* cache) const {
  Table &mean = cache ? cache->mean : mean_, &scale = cache ? cache->scale : scale_;
  fit(mean, "group_norm_mean", x.extent_int(0), config_.groups);
  fit(scale, "group_norm_scale", x.extent_int(0), config_.groups);
  if (cache) cache->x = x;
  moments(x, mean, scale);
  with_kind(config_.activation, [&](auto kind) {
    normalise<decltype(kind)::value>(space_, x, y, mean, scale, parameters_, config_.channels / config_.groups);
  });
}

template <class T>
void GroupNormLayer<T>::backward(const Cache& cache, const Images<T>& dy, const Images<T>& dx,
                                 const View<float*>& gradient) const {
  const int channels = config_.channels, groups = config_.groups, members = channels / groups;
  const int nx = dy.extent_int(1), ny = dy.extent_int(2), rows = dy.extent_int(0) * nx, images = dy.extent_int(0);
  const std::size_t count = static_cast<std::size_t>(rows) * channels;
  float *s1 = first_.numbers("row_sums", count).data(), *s2 = second_.numbers("row_products", count).data();
  with_kind(config_.activation, [&](auto kind) {
    slopes<decltype(kind)::value>(space_, cache.x, dy, cache.mean, cache.scale, parameters_, members, s1, s2);
  });
  const View<float*> g = gradient;
  Kokkos::parallel_for(
      "group_norm_gradient", each_sum(space_, channels), KOKKOS_LAMBDA(const SumMember& team) {
        const int c = team.league_rank();
        const auto range = Kokkos::TeamThreadRange(team, rows);
        float by_scale = 0.0f, by_shift = 0.0f;
        Kokkos::parallel_reduce(
            range, [&](int row, float& s) { s += s1[static_cast<std::size_t>(row) * channels + c]; }, by_shift);
        Kokkos::parallel_reduce(
            range, [&](int row, float& s) { s += s2[static_cast<std::size_t>(row) * channels + c]; }, by_scale);
        Kokkos::single(Kokkos::PerTeam(team), [&]() {
          g(c) += by_scale;
          g(channels + c) += by_shift;
        });
      });
  if (!dx.data()) return;
  // dx = s (γ dz − ⟨γ dz⟩ − ŷ ⟨γ dz ŷ⟩), means over the group
  fit(mean_, "group_norm_mean", images, groups);
  fit(scale_, "group_norm_scale", images, groups);
  const Table m1 = mean_, m2 = scale_, mean = cache.mean, scale = cache.scale;
  const View<const float*> p = parameters_;
  Kokkos::parallel_for(
      "group_norm_means", each_sum(space_, images * groups), KOKKOS_LAMBDA(const SumMember& team) {
        const int image = team.league_rank() / groups, group = team.league_rank() % groups;
        const auto range = Kokkos::TeamThreadRange(team, nx * members);
        const auto weighted = [&](const float* sums, int k) {
          const int c = group * members + k % members;
          return p(c) * sums[static_cast<std::size_t>(image * nx + k / members) * channels + c];
        };
        float a = 0.0f, b = 0.0f;
        Kokkos::parallel_reduce(
            range, [&](int k, float& s) { s += weighted(s1, k); }, a);
        Kokkos::parallel_reduce(
            range, [&](int k, float& s) { s += weighted(s2, k); }, b);
        Kokkos::single(Kokkos::PerTeam(team), [&]() {
          m1(image, group) = a / static_cast<float>(nx * ny * members);
          m2(image, group) = b / static_cast<float>(nx * ny * members);
        });
      });
  const T *x = cache.x.data(), *slope = dy.data();
  T* to = dx.data();
  for_each_pixel(
      "group_norm_backward", space_, rows * ny, channels, KOKKOS_LAMBDA(int pixel, int first, int last) {
        const int image = pixel / (nx * ny);
        const std::size_t at = static_cast<std::size_t>(pixel) * channels;
        for (int c = first; c < last; ++c) {
          const int group = c / members;
          const float normal = (load(x[at + c]) - mean(image, group)) * scale(image, group);
          store(to[at + c],
                scale(image, group) * (p(c) * load(slope[at + c]) - m1(image, group) - normal * m2(image, group)));
        }
      });
}

template class GroupNormLayer<float>;
template class GroupNormLayer<conv::Bf16>;
template class GroupNormLayer<conv::Fp16>;

}  // namespace locum::nn
