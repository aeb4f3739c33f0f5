// The engine of image networks: it computes what a NetworkDescription says, and its derivatives.
//
// Images come and go in float and are kept in T inside (float, Bf16, Fp16). Parameters are one flat vector of float,
// layer by layer in the order of the description; layout() names the blocks. forward with a cache leaves what backward
// takes. Gradients of parameters accumulate: the caller clears them. Calls with a shape that was seen before take no
// memory of the device. One object serves one caller at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "surrogates/nn/network_description.hpp"

namespace locum::nn {

// Where one layer's parameters lie: weights (out, kernel, kernel, in), then biases (out); γ, then β.
struct ParameterBlock {
  std::string name;  // layer's name and "/weights", "/biases", "/scales", "/shifts"
  std::size_t offset = 0;
  std::vector<int> shape;  // row-major
  std::size_t size() const;
};

// Images first … first + count − 1 of a batch; shares their storage.
template <class T>
Images<T> portion_of(const Images<T>& all, int first, int count) {
  const Extent e = extent_of(all);
  return Images<T>(all.data() + Extent{first, e.nx, e.ny, e.channels}.size(), static_cast<std::size_t>(count),
                   all.extent(1), all.extent(2), all.extent(3));
}

template <class T>
class ImageNetwork {
 public:
  struct Cache;
  // Throws ConfigError for a description that does not fit together. tf32: see conv::Convolution.
  explicit ImageNetwork(const NetworkDescription& description, const ExecutionSpace& space = {}, bool tf32 = false);
  ~ImageNetwork();
  ImageNetwork(ImageNetwork&&) noexcept;
  ImageNetwork& operator=(ImageNetwork&&) noexcept;

  const NetworkDescription& description() const;
  std::size_t parameters() const;
  const std::vector<ParameterBlock>& layout() const;
  // Each layer's own random numbers; the same for every T and on every machine.
  std::vector<double> initial_parameters(std::uint64_t seed, std::uint64_t stream) const;
  void set_parameters(std::span<const double> parameters);
  // The same, on the device already and kept by the caller: call again whenever their numbers have changed.
  void share_parameters(const View<const float*>& parameters);

  // Shape of output k for images of this shape. Throws ConfigError when divisor() does not divide the sides.
  Extent output(const Extent& x, std::size_t k = 0) const;

  // y: one image tensor for each output, of output(…)'s shape. Inference: images are taken a few at a time, so that
  // what lies between the layers stays in the caches; memory does not grow with the batch. Throws ConfigError when
  // shapes do not fit or parameters are missing.
  void forward(const Images<const float>& x, const std::vector<Images<float>>& y) const;
  // Images at a time in inference; 0: as the engine chooses.
  void set_chunk(int images);
  // What the engine chooses for a batch of this shape; good for the portions of a training batch too.
  int portion(const Extent& x) const;

  // Training: everything that backward wants is kept in the cache, which may be used again and again.
  std::shared_ptr<Cache> make_cache() const;
  void forward(const Images<const float>& x, const std::vector<Images<float>>& y, Cache& cache) const;
  // dy: derivatives by the outputs. gradient: (parameters()), added to. dx: derivative by x where it has storage.
  void backward(Cache& cache, const std::vector<Images<float>>& dy, const View<float*>& gradient,
                const Images<float>& dx = {}) const;
  // Operations of convolutions in the inference of one image of this shape, a product and a sum counted as two,
  // upsampled ones as if the image were enlarged first: the textbook's count. Training takes three times as many.
  double operations(const Extent& x) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace locum::nn
