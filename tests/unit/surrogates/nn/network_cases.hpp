// Networks of every layer, with images and parameters, for tests of the engine against the definitions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "surrogates/nn/image_network.hpp"
#include "surrogates/nn/reference.hpp"

namespace locum::nn {

using Plain = reference::Images;

std::vector<double> normal_numbers(std::size_t count, std::uint64_t item);
Plain normal_images(const Extent& e, std::uint64_t item);
Images<float> to_device(const Plain& from);
template <class V>
std::vector<double> to_host(const V& from) {
  const auto host = host_copy(from);
  return std::vector<double>(host.data(), host.data() + host.size());
}
double size_of(const std::vector<double>& v);  // Euclidean
// Relative; very large for vectors of different lengths.
double distance(const std::vector<double>& found, const std::vector<double>& expected);

// A network, images for it, and a weight for every number that comes out: the loss is their scalar product.
struct Case {
  NetworkDescription net;
  Extent x{2, 8, 12, 1};
};

struct Answers {
  std::vector<double> y, gradient, dx;
};

struct Data {
  explicit Data(const Case& c);
  double loss(const NetworkDescription& net, const std::vector<double>& p, const Plain& images) const;
  std::vector<double> parameters;
  Plain x;
  std::vector<Plain> dy;
};

template <class T>
Answers engine_answers(const Case& c, const Data& d) {
  ImageNetwork<T> engine(c.net);
  engine.set_parameters(d.parameters);
  std::vector<Images<float>> y, dy;
  for (const Plain& slope : d.dy) {
    dy.push_back(to_device(slope));
    y.emplace_back("y", slope.batch, slope.nx, slope.ny, slope.channels);
  }
  const auto x = to_device(d.x);
  const Images<float> dx("dx", c.x.batch, c.x.nx, c.x.ny, c.x.channels);
  const View<float*> gradient("gradient", engine.parameters());
  const auto cache = engine.make_cache();
  engine.forward(x, y, *cache);
  engine.backward(*cache, dy, gradient, dx);
  Answers answers;
  for (const auto& out : y) {
    const auto values = to_host(out);
    answers.y.insert(answers.y.end(), values.begin(), values.end());
  }
  answers.gradient = to_host(gradient);
  answers.dx = to_host(dx);
  return answers;
}

// Every layer alone, then networks of all of them.
std::map<std::string, Case> cases();

}  // namespace locum::nn
