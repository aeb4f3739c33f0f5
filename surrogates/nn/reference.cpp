#include "surrogates/nn/reference.hpp"

#include <algorithm>
#include <cmath>

namespace locum::nn::reference {
namespace {

double pointwise(Pointwise kind, double z) {
  if (kind == Pointwise::relu) return conv::reference::activated(z, conv::Activation::relu);
  if (kind == Pointwise::gelu) return conv::reference::activated(z, conv::Activation::gelu);
  if (kind == Pointwise::sigmoid) return 1.0 / (1.0 + std::exp(-z));
  return kind == Pointwise::tanh ? std::tanh(z) : z;
}

// Reads parameters layer by layer.
class Reader {
 public:
  explicit Reader(std::span<const double> all) : rest_(all) {}
  std::vector<double> next(std::size_t count) {
    const std::vector<double> values(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count));
    rest_ = rest_.subspan(count);
    return values;
  }

 private:
  std::span<const double> rest_;
};

Images pooled(const Images& x, int f, bool maximum) {
  Images y(x.batch, x.nx / f, x.ny / f, x.channels);
  for (int b = 0; b < y.batch; ++b)
    for (int X = 0; X < y.nx; ++X)
      for (int Y = 0; Y < y.ny; ++Y)
        for (int c = 0; c < y.channels; ++c) {
          double largest = x(b, X * f, Y * f, c), sum = 0.0;
          for (int k = 0; k < f * f; ++k) {
            const double value = x(b, X * f + k / f, Y * f + k % f, c);
            largest = std::max(largest, value);
            sum += value;
          }
          y(b, X, Y, c) = maximum ? largest : sum / (f * f);
        }
  return y;
}

// Value of a pixel at a place that need not be whole; images go on beyond their border as they end there.
double between(const Images& x, int b, double at_x, double at_y, int c) {
  const double px = std::clamp(at_x, 0.0, x.nx - 1.0), py = std::clamp(at_y, 0.0, x.ny - 1.0);
  const int i = std::min(static_cast<int>(px), std::max(0, x.nx - 2)),
            j = std::min(static_cast<int>(py), std::max(0, x.ny - 2));
  const int i1 = std::min(i + 1, x.nx - 1), j1 = std::min(j + 1, x.ny - 1);
  const double u = px - i, v = py - j;
  return (1 - u) * ((1 - v) * x(b, i, j, c) + v * x(b, i, j1, c)) +
         u * ((1 - v) * x(b, i1, j, c) + v * x(b, i1, j1, c));
}

Images enlarged(const Images& x, int f, Interpolation kind) {
  Images y(x.batch, x.nx * f, x.ny * f, x.channels);
  for (int b = 0; b < y.batch; ++b)
    for (int X = 0; X < y.nx; ++X)
      for (int Y = 0; Y < y.ny; ++Y)
        for (int c = 0; c < y.channels; ++c)
          y(b, X, Y, c) = kind == Interpolation::nearest ? x(b, X / f, Y / f, c)
                                                         : between(x, b, (X + 0.5) / f - 0.5, (Y + 0.5) / f - 0.5, c);
  return y;
}

Images normalised(const Images& x, int groups, const std::vector<double>& scales, const std::vector<double>& shifts) {
  Images y = x;
  const int members = x.channels / groups;
  for (int b = 0; b < x.batch; ++b)
    for (int g = 0; g < groups; ++g) {
      double sum = 0.0, square = 0.0;
      const auto each = [&](const auto& body) {
        for (int i = 0; i < x.nx; ++i)
          for (int j = 0; j < x.ny; ++j)
            for (int c = g * members; c < (g + 1) * members; ++c) body(i, j, c);
      };
      each([&](int i, int j, int c) { sum += x(b, i, j, c); });
      const double count = static_cast<double>(x.nx) * x.ny * members, mean = sum / count;
      each([&](int i, int j, int c) { square += (x(b, i, j, c) - mean) * (x(b, i, j, c) - mean); });
      const double scale = 1.0 / std::sqrt(square / count + 1e-5);
      each([&](int i, int j, int c) {
        const auto k = static_cast<std::size_t>(c);
        y(b, i, j, c) = scales[k] * (x(b, i, j, c) - mean) * scale + shifts[k];
      });
    }
  return y;
}

Images joined(const LayerDescription& l, const std::vector<Images>& answers) {
  const Images& first = answers[static_cast<std::size_t>(l.inputs[0])];
  Images y(first.batch, first.nx, first.ny, l.channels);
  int from = 0;
  for (const int i : l.inputs) {
    const Images& x = answers[static_cast<std::size_t>(i)];
    for (int b = 0; b < x.batch; ++b)
      for (int X = 0; X < x.nx; ++X)
        for (int Y = 0; Y < x.ny; ++Y)
          for (int c = 0; c < x.channels; ++c) y(b, X, Y, from + c) += x(b, X, Y, c);
    if (l.kind == LayerKind::concatenation) from += x.channels;
  }
  return y;
}

Images convolved(const LayerDescription& l, const Images& x, Reader& parameters) {
  const bool transposed = l.kind == LayerKind::transposed_convolution;
  conv::Filter f{x.channels, l.channels, l.kernel, l.stride, (l.kernel - 1) / 2};
  if (transposed) f = {l.channels, x.channels, l.factor, l.factor, 0};
  if (l.kind == LayerKind::upsampled_convolution) f.stride = 1;
  const auto weights = parameters.next(static_cast<std::size_t>(f.weights()));
  const bool biased = l.bias || l.kind == LayerKind::upsampled_convolution;
  const auto bias = parameters.next(biased ? static_cast<std::size_t>(l.channels) : 0);
  if (!transposed) return conv::reference::forward(f, x, weights, bias);
  Images y = conv::reference::backward_data(f, x, x.nx * l.factor, x.ny * l.factor, weights);
  for (std::size_t k = 0; k < y.values.size() && biased; ++k) y.values[k] += bias[k % bias.size()];
  return y;
}

Images layer(const LayerDescription& l, const std::vector<Images>& answers, Reader& parameters) {
  const Images& x = answers[static_cast<std::size_t>(l.inputs[0])];
  switch (l.kind) {
    case LayerKind::convolution:
    case LayerKind::transposed_convolution:
      return convolved(l, x, parameters);
    case LayerKind::upsampled_convolution:
      return convolved(l, enlarged(x, l.factor, l.interpolation), parameters);
    case LayerKind::upsampling:
      return enlarged(x, l.factor, l.interpolation);
    case LayerKind::max_pooling:
    case LayerKind::average_pooling:
      return pooled(x, l.factor, l.kind == LayerKind::max_pooling);
    case LayerKind::group_norm: {
      const auto scales = parameters.next(static_cast<std::size_t>(l.channels));
      return normalised(x, l.groups, scales, parameters.next(static_cast<std::size_t>(l.channels)));
    }
    case LayerKind::pointwise:
      return x;
    default:
      return joined(l, answers);
  }
}

bool has_activation(LayerKind kind) {
  return kind == LayerKind::convolution || kind == LayerKind::transposed_convolution ||
         kind == LayerKind::upsampled_convolution || kind == LayerKind::group_norm || kind == LayerKind::pointwise;
}

}  // namespace

std::vector<Images> evaluate(const NetworkDescription& network, std::span<const double> parameters, const Images& x) {
  Reader reader(parameters);
  std::vector<Images> answers{x};
  for (std::size_t k = 1; k < network.layers.size(); ++k) {
    const auto& l = network.layers[k];
    Images y = layer(l, answers, reader);
    for (double& value : y.values) {
      if (has_activation(l.kind)) value = pointwise(l.activation, value);
      if (l.kind == LayerKind::upsampled_convolution) value *= l.scale;
    }
    answers.push_back(std::move(y));
  }
  std::vector<Images> outputs;
  for (const int out : network.outputs) outputs.push_back(answers[static_cast<std::size_t>(out)]);
  return outputs;
}

}  // namespace locum::nn::reference
