// The convolution's definition as plain loops over host arrays in double precision: what both twins are tested against,
// and what benchmarks check their answers with. Nothing here is meant to be fast.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "kokkos_kernels/conv/convolution.hpp"

namespace locum::conv::reference {

// Images (batch, nx, ny, channels), channels fastest.
struct Images {
  int batch = 0, nx = 0, ny = 0, channels = 0;
  std::vector<double> values;
  Images() = default;
  Images(int b, int x, int y, int c)
      : batch(b), nx(x), ny(y), channels(c), values(static_cast<std::size_t>(b) * x * y * c, 0.0) {}
  double& operator()(int b, int x, int y, int c) { return values[index(b, x, y, c)]; }
  double operator()(int b, int x, int y, int c) const { return values[index(b, x, y, c)]; }
  std::size_t index(int b, int x, int y, int c) const {
    return ((static_cast<std::size_t>(b) * nx + x) * ny + y) * channels + c;
  }
};

inline double activated(double x, Activation activation) {
  if (activation == Activation::relu) return x > 0.0 ? x : 0.0;
  if (activation == Activation::gelu)
    return 0.5 * x * (1.0 + std::tanh(std::sqrt(2.0 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
  return x;
}

// body(b, X, Y, o, x, y, i, weight index) for every product of the definition.
template <class Body>
void for_each_product(const Filter& f, int batch, int nx, int ny, const Body& body) {
  for (int b = 0; b < batch; ++b)
    for (int X = 0; X < f.output(nx); ++X)
      for (int Y = 0; Y < f.output(ny); ++Y)
        for (int o = 0; o < f.out; ++o)
          for (int u = 0; u < f.kernel; ++u)
            for (int v = 0; v < f.kernel; ++v) {
              const int x = X * f.stride + u - f.pad, y = Y * f.stride + v - f.pad;
              if (x < 0 || y < 0 || x >= nx || y >= ny) continue;
              for (int i = 0; i < f.in; ++i)
                body(b, X, Y, o, x, y, i, static_cast<std::size_t>(((o * f.kernel + u) * f.kernel + v) * f.in + i));
            }
}

// bias may be empty.
inline Images forward(const Filter& f, const Images& x, const std::vector<double>& weights,
                      const std::vector<double>& bias, Activation activation = Activation::none) {
  Images y(x.batch, f.output(x.nx), f.output(x.ny), f.out);
  for_each_product(f, x.batch, x.nx, x.ny, [&](int b, int X, int Y, int o, int px, int py, int i, std::size_t w) {
    y(b, X, Y, o) += weights[w] * x(b, px, py, i);
  });
  for (std::size_t k = 0; k < y.values.size(); ++k)
    y.values[k] = activated(y.values[k] + (bias.empty() ? 0.0 : bias[k % static_cast<std::size_t>(f.out)]), activation);
  return y;
}

inline Images backward_data(const Filter& f, const Images& dy, int nx, int ny, const std::vector<double>& weights) {
  Images dx(dy.batch, nx, ny, f.in);
  for_each_product(f, dy.batch, nx, ny, [&](int b, int X, int Y, int o, int px, int py, int i, std::size_t w) {
    dx(b, px, py, i) += weights[w] * dy(b, X, Y, o);
  });
  return dx;
}

inline std::vector<double> backward_weights(const Filter& f, const Images& x, const Images& dy) {
  std::vector<double> dw(static_cast<std::size_t>(f.weights()), 0.0);
  for_each_product(f, x.batch, x.nx, x.ny, [&](int b, int X, int Y, int o, int px, int py, int i, std::size_t w) {
    dw[w] += x(b, px, py, i) * dy(b, X, Y, o);
  });
  return dw;
}

inline std::vector<double> backward_bias(const Images& dy) {
  std::vector<double> db(static_cast<std::size_t>(dy.channels), 0.0);
  for (std::size_t k = 0; k < dy.values.size(); ++k) db[k % db.size()] += dy.values[k];
  return db;
}

}  // namespace locum::conv::reference
