// write_sample_networks FOLDER: networks that use every layer as ONNX files, with random images and the engine's
// answers as raw float32 (batch, channels, nx, ny), FOLDER/object.h5, a model file of ptychography, and
// FOLDER/manifest.txt: a line for each tensor, "FILE in|out NAME batch channels nx ny RAW".
#include <mpi.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "apps/export/onnx_model.hpp"
#include "apps/export/onnx_network.hpp"
#include "io/model.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/nn/ptychonn.hpp"
#include "surrogates/nn/unet.hpp"

namespace locum {
namespace {

using nn::Extent, nn::LayerDescription, nn::LayerKind, nn::Pointwise;

std::vector<float> normal(std::size_t count, std::uint64_t item, double scale) {
  std::vector<float> numbers(count);
  for (std::size_t k = 0; k < count; ++k)
    numbers[k] = static_cast<float>(scale * random::normal_pair(3, random::Stream::weights, item, k).first);
  return numbers;
}

// As training starts, with biases and shifts that are not zero.
std::vector<double> some_parameters(const nn::ImageNetwork<float>& network, std::uint64_t member) {
  std::vector<double> p = network.initial_parameters(5, member);
  const std::vector<float> noise = normal(p.size(), 100 + member, 0.05);
  for (std::size_t k = 0; k < p.size(); ++k) p[k] += noise[k];
  return p;
}

std::vector<std::vector<float>> answers(nn::ImageNetwork<float>& network, const std::vector<double>& parameters,
                                        const Extent& e, const std::vector<float>& x) {
  network.set_parameters(parameters);
  const nn::Images<float> images("x", e.batch, e.nx, e.ny, e.channels);
  const auto host = Kokkos::create_mirror_view(images);
  std::copy(x.begin(), x.end(), host.data());
  Kokkos::deep_copy(images, host);
  std::vector<nn::Images<float>> y;
  for (std::size_t k = 0; k < network.description().outputs.size(); ++k) {
    const Extent to = network.output(e, k);
    y.emplace_back("y", to.batch, to.nx, to.ny, to.channels);
  }
  network.forward(images, y);
  std::vector<std::vector<float>> all;
  for (const auto& one : y) {
    const auto numbers = host_copy(one);
    all.emplace_back(numbers.data(), numbers.data() + numbers.size());
  }
  return all;
}

class Samples {
 public:
  explicit Samples(std::string folder) : folder_(std::move(folder)), manifest_(folder_ + "/manifest.txt") {}

  void tensor(const std::string& file, const char* way, const std::string& name, const Extent& e,
              const std::vector<float>& channels_last) {
    const std::string path = file + "." + name + ".raw";
    std::ofstream out(folder_ + "/" + path, std::ios::binary);
    const std::size_t channels = static_cast<std::size_t>(e.channels), pixels = static_cast<std::size_t>(e.nx) * e.ny;
    for (std::size_t b = 0; b < static_cast<std::size_t>(e.batch); ++b)
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < pixels; ++p)
          out.write(reinterpret_cast<const char*>(&channels_last[(b * pixels + p) * channels + c]), sizeof(float));
    manifest_ << file << ' ' << way << ' ' << name << ' ' << e.batch << ' ' << e.channels << ' ' << e.nx << ' ' << e.ny
              << ' ' << path << '\n';
  }
  void model(const std::string& file, const io::OnnxModel& model) {
    io::write_onnx(Communicator::self(), folder_ + "/" + file, model);
  }

  void network(const std::string& name, const nn::NetworkDescription& description, const Extent& e) {
    nn::ImageNetwork<float> network(description);
    const std::vector<double> parameters = some_parameters(network, 0);
    const std::vector<float> x = normal(e.size(), 1, 1.0);
    std::vector<std::string> outputs;
    for (std::size_t k = 0; k < description.outputs.size(); ++k)
      outputs.push_back(std::string("y").append(std::to_string(k)));
    io::OnnxModel m;
    m.graph = apps::onnx_graph(network, parameters, "x", outputs);
    m.producer = "Locum";
    m.metadata = {{"units", "rad"}};
    const std::string file = name + ".onnx";
    model(file, m);
    tensor(file, "in", "x", e, x);
    const auto y = answers(network, parameters, e, x);
    for (std::size_t k = 0; k < y.size(); ++k) tensor(file, "out", outputs[k], network.output(e, k), y[k]);
  }

  // The networks of ptychography, as model files give them: windows go in whole and come out in the answer's unit.
  void object_model() {
    imaging::ObjectNetworkConfig config;
    config.channels = {6, 8, 10};
    config.members = 2;
    config.window = 32;
    config.border = 8;
    imaging::ObjectCascade cascade({}, config);
    const int side = config.window, points = side / config.fold, fold2 = config.fold * config.fold;
    for (int s = 0; s < config.stages; ++s) {
      std::vector<double> all;
      for (int m = 0; m < config.members; ++m) {
        const auto one = some_parameters(cascade.stage(s).member(m), static_cast<std::uint64_t>(10 * s + m));
        all.insert(all.end(), one.begin(), one.end());
      }
      cascade.stage(s).set_parameters(all);
    }
    const FieldTree record = imaging::object_model_record(cascade, {{"git", "abc"}});
    io::write_model(Communicator::self(), folder_ + "/object.h5", record);
    const auto models = apps::onnx_models(record);
    const Extent e{1, side, side, imaging::input_channels}, to{1, side, side, imaging::answer_channels};
    const std::vector<float> x = normal(e.size(), 2, 1.0);
    std::vector<float> folded(x.size()), y(to.size());
    imaging::fold_window(x.data(), side, e.channels, config.fold, folded.data());
    for (std::size_t s = 0; s < models.size(); ++s) {
      const std::string file = "object.stage" + std::to_string(s) + ".onnx";
      model(file, models[s]);
      tensor(file, "in", "canvas", e, x);
      const imaging::ObjectNetwork& stage = cascade.stage(static_cast<int>(s));
      for (int m = 0; m < config.members; ++m) {
        nn::ImageNetwork<float> member(stage.description());
        const std::size_t size = stage.member_parameters();
        const auto from = stage.parameters().begin() + static_cast<std::ptrdiff_t>(size) * m;
        const std::vector<double> own(from, from + static_cast<std::ptrdiff_t>(size));
        auto answer = answers(member, own, {1, points, points, fold2 * e.channels}, folded)[0];
        for (float& a : answer) a *= imaging::answer_unit;
        imaging::unfold_window(answer.data(), side, to.channels, config.fold, y.data());
        tensor(file, "out", "answer_member" + std::to_string(m), to, y);
      }
    }
  }

 private:
  std::string folder_;
  std::ofstream manifest_;
};

nn::UnetConfig unet_config(bool residual, const char* activation, const char* upsampling, int groups) {
  nn::UnetConfig config;
  config.in = 3;
  config.out = 2;
  config.width = 8;
  config.depth = 2;
  config.groups = groups;
  config.residual = residual;
  config.activation = activation;
  config.upsampling = upsampling;
  return config;
}

// What the others leave out: kernels of 1 and 5, strides, average pooling, factors of 3, three in one, a sum that is
// put out, an upsampled convolution of the nearest, no bias.
nn::NetworkDescription the_rest() {
  nn::NetworkDescription net;
  const int in = net.input(2);
  const auto add = [&](LayerKind kind, std::vector<int> inputs, Pointwise activation, int factor, int channels) {
    LayerDescription l;
    l.kind = kind;
    l.inputs = std::move(inputs);
    l.activation = activation;
    l.factor = factor;
    l.channels = channels;
    l.groups = 2;
    l.stride = kind == LayerKind::convolution ? factor : 1;
    l.kernel = kind == LayerKind::convolution ? 5 : 3;
    return net.add(l);
  };
  const int wide = net.convolution(in, 6, Pointwise::gelu, 1, false);
  const int strided = add(LayerKind::convolution, {wide}, Pointwise::tanh, 2, 6);
  const int pooled = add(LayerKind::average_pooling, {wide}, Pointwise::none, 2, 0);
  const int normal = add(LayerKind::group_norm, {pooled}, Pointwise::sigmoid, 2, 0);
  const int joined = add(LayerKind::concatenation, {strided, pooled, normal}, Pointwise::none, 2, 0);
  const int small = add(LayerKind::max_pooling, {joined}, Pointwise::none, 3, 0);
  const int large = net.upsampling(small, nn::Interpolation::nearest, 3);
  const int sum = add(LayerKind::addition, {joined, large}, Pointwise::none, 2, 0);
  const int enlarged = add(LayerKind::transposed_convolution, {sum}, Pointwise::gelu, 3, 4);
  LayerDescription last;
  last.kind = LayerKind::upsampled_convolution;
  last.inputs = {add(LayerKind::pointwise, {sum}, Pointwise::relu, 2, 0)};
  last.channels = 2;
  last.activation = Pointwise::tanh;
  last.scale = 3.0;
  last.interpolation = nn::Interpolation::nearest;
  net.outputs = {enlarged, net.add(last), sum};
  return net;
}

}  // namespace
}  // namespace locum

int main(int argc, char** argv) {
  using namespace locum;
  if (argc < 2) return 1;
  MPI_Init(&argc, &argv);
  Kokkos::initialize(argc, argv);
  int code = 0;
  try {
    Samples samples(argv[1]);
    samples.network("ptychonn", nn::ptychonn(4), {2, 16, 24, 1});
    samples.network("unet", nn::unet(unet_config(false, "relu", "bilinear", 4)), {2, 12, 16, 3});
    samples.network("residual", nn::unet(unet_config(true, "gelu", "nearest", 2)), {1, 8, 12, 3});
    samples.network("transposed", nn::unet(unet_config(true, "tanh", "transposed", 0)), {2, 8, 8, 3});
    samples.network("rest", the_rest(), {2, 12, 18, 2});
    samples.object_model();
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    code = static_cast<int>(error.code());
  }
  Kokkos::finalize();
  MPI_Finalize();
  return code;
}
