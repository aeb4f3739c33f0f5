// What an image network is made of, as plain data: layers in the order in which they are computed, each naming those
// whose answers it takes. Files, other runtimes (ONNX) and the engine (image_network.hpp) read the same description.
#pragma once

#include <string>
#include <vector>

#include "surrogates/nn/pointwise.hpp"
#include "surrogates/nn/resampling.hpp"

namespace locum::nn {

enum class LayerKind : int {
  input,                   // the images that come in; the first layer, and no other
  convolution,             // kernel (odd), stride; pads by (kernel − 1) / 2
  transposed_convolution,  // enlarges by `factor`, its kernel and stride
  upsampled_convolution,   // upsampling by `factor`, then a convolution, for few channels out
                           // (upsampled_convolution.hpp)
  upsampling,              // by `factor`
  max_pooling,             // windows of factor²
  average_pooling,
  group_norm,     // `groups`
  pointwise,      // the activation alone
  addition,       // of two
  concatenation,  // of the channels of two or more
};
const std::vector<std::string>& layer_kind_names();

struct LayerDescription {
  LayerKind kind = LayerKind::input;
  std::vector<int> inputs = {};  // layers before this one
  int channels = 0;              // of the answer; where it follows from the inputs it is filled in
  int kernel = 3, stride = 1, factor = 2, groups = 1;
  bool bias = true;
  Pointwise activation = Pointwise::none;  // of convolutions, group_norm and pointwise
  double scale = 1.0;                      // of upsampled_convolution: of what the activation gives
  Interpolation interpolation = Interpolation::bilinear;
  std::string name = {};  // for people and files; unique
};

struct NetworkDescription {
  std::vector<LayerDescription> layers;
  std::vector<int> outputs;  // layers whose answers go out, in this order

  // Appends a layer, fills in its channels and a name where there is none, and returns its number. Throws ConfigError
  // when a layer names one that is not before it, or channels do not fit.
  int add(LayerDescription layer);
  int input(int channels);
  int convolution(int from, int channels, Pointwise activation, int kernel = 3, bool bias = true);
  int max_pooling(int from, int factor = 2);
  int upsampling(int from, Interpolation interpolation, int factor = 2);
  int group_norm(int from, int groups, Pointwise activation);
  int pointwise(int from, Pointwise activation);
  int addition(int a, int b);

  int input_channels() const { return layers.at(0).channels; }
  // By which the sides of images must be divisible.
  int divisor() const;
  // Throws ConfigError unless there is one input, one output or more, and every layer fits; for descriptions that come
  // from files.
  void validate() const;
};

}  // namespace locum::nn
