// A reconstruction of three frames of 8 × 8, small enough for plain loops.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "solvers/imaging/ptychography/frames/frame_batches.hpp"
#include "solvers/imaging/ptychography/reconstruction.hpp"
#include "tests/unit/solvers/imaging/ptychography/plain_model.hpp"

namespace locum::imaging {

using plain::Complex;
using Image = plain::Field;

// One frame's P* χ added into the object's grid, and |P|².
inline void add_below(const plain::Case& c, const std::vector<Image>& probe, const std::vector<Image>& chi, int j,
                      Image& sum, std::vector<double>& light) {
  const auto pixel = plain::pixel_of(c, j);
  for (std::size_t m = 0; m < probe.size(); ++m)
    for (int x = 0; x < c.data.nx; ++x)
      for (int y = 0; y < c.data.ny; ++y) {
        const auto at = static_cast<std::size_t>((pixel[0] + x) * c.data.object_ny + pixel[1] + y);
        const auto in = static_cast<std::size_t>(x * c.data.ny + y);
        sum[at] += std::conj(probe[m][in]) * chi[m][in];
        light[at] += std::norm(probe[m][in]);
      }
}

inline double largest_difference(const Image& a, const std::vector<std::complex<float>>& b) {
  double largest = 0.0, most = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    largest = std::max(largest, std::abs(a[k] - Complex(b[k])));
    most = std::max(most, std::abs(a[k]));
  }
  return largest / most;
}

struct Small {
  plain::Case c;
  PtychographyConfig config;
  Image object;              // to begin with
  std::vector<Image> probe;  // to begin with: not the truth
  Small(int modes, bool fractional) {
    plain::Setting setting;
    setting.modes = modes;
    c = plain::make(setting, plain::grid(setting, 3, 1, 3.0, 0.4, fractional));
    object = plain::random_object(setting, 9);
    probe = c.probe;
    for (Image& p : probe)
      for (std::size_t k = 0; k < p.size(); ++k) p[k] *= 1.0 + 0.1 * std::sin(0.7 * static_cast<double>(k));
    c.data.probe.clear();
    for (const Image& p : probe) {
      const auto values = plain::narrow(p);
      c.data.probe.insert(c.data.probe.end(), values.begin(), values.end());
    }
    config.start = "flat";
    config.probe.refine = true;
    config.probe.from = 0;
    config.probe.keep_power = false;
    config.probe.orthogonalise = 0;
    config.object_step = 0.8;
    config.probe_step = 0.6;
  }
  // Places of the spatial order as frames, batch by batch, of the first sweep.
  std::vector<std::vector<int>> batches(int batch) const {
    const std::vector<int> order = spatial_order(c.data.position, {0, 1, 2});
    auto all = sparse_batches(3, batch, static_cast<std::uint64_t>(config.seed), 0);
    for (auto& b : all)
      for (int& u : b) u = order[static_cast<std::size_t>(u)];
    return all;
  }
  void sweep_and_compare(const Image& wanted_object, const std::vector<Image>& wanted_probe) const {
    Reconstruction reconstruction(c.data, config);
    reconstruction.start_from({plain::narrow(object)});
    reconstruction.advance();
    EXPECT_LT(largest_difference(wanted_object, reconstruction.object().value), 2e-5);  // roundings of float
    const auto got = reconstruction.probe();
    for (std::size_t m = 0; m < wanted_probe.size(); ++m)
      EXPECT_LT(
          largest_difference(wanted_probe[m], {got.begin() + static_cast<std::ptrdiff_t>(m * c.data.window()),
                                               got.begin() + static_cast<std::ptrdiff_t>((m + 1) * c.data.window())}),
          2e-5);
  }
};

// O_j* χ_j moved back by the frame's fraction.
inline Image below_object(const plain::Case& c, const Image& object, const Image& chi, int j) {
  const auto pixel = plain::pixel_of(c, j);
  const Image o = plain::window(object, c.data.object_ny, c.data.nx, c.data.ny, pixel[0], pixel[1]);
  Image product(o.size());
  for (std::size_t k = 0; k < o.size(); ++k) product[k] = std::conj(o[k]) * chi[k];
  const auto& p = c.data.position[static_cast<std::size_t>(j)];
  return plain::moved(product, c.data.nx, c.data.ny, pixel[0] - p[0], pixel[1] - p[1]);
}

}  // namespace locum::imaging
