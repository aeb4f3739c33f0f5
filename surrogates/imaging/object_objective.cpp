#include "surrogates/imaging/object_objective.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/imaging/window_loss.hpp"

namespace locum::imaging {
namespace {

using HostImages = decltype(Kokkos::create_mirror_view(std::declval<const nn::Images<float>&>()));

int side_of(const ObjectNetworkConfig& config, const std::vector<CanvasSample>& canvases) {
  int larger = 0;
  for (const auto& c : canvases) larger = std::max({larger, c.canvas.nx, c.canvas.ny});
  const int divisor = config.divisor();
  return std::min(config.window, (larger + divisor - 1) / divisor * divisor);
}

}  // namespace

double training_bytes(std::size_t pixels, int stages) {
  constexpr int object = 2, sample = input_channels + answer_channels + object + 3;  // three weights: reach and two
  return static_cast<double>(sizeof(float)) * static_cast<double>(pixels) * (object + sample * std::min(stages, 2));
}

// Windows of one rank's share, folded, as the engines see them and on the host. Kept from step to step.
struct ObjectObjective::Batch {
  struct Mirrored {
    nn::Images<float> images;
    HostImages host;

    void fit(const char* label, int windows, int points, int channels) {
      if (images.extent_int(0) == windows && images.extent_int(1) == points && images.extent_int(3) == channels) return;
      *this = {};  // first give back: the old and the new one need not fit side by side
      images = nn::Images<float>(uninitialized(label), windows, points, points, channels);
      host = Kokkos::create_mirror_view(images);
    }
  };
  std::vector<WindowSample> windows;
  int side = 0;
  Mirrored input, label, weight, answer, derivative;
  View<float*> loss, gradient;  // of each window; by one member's parameters
};

ObjectObjective::ObjectObjective(Context context, ObjectTrainingConfig config, ObjectNetwork& network,
                                 std::shared_ptr<DiffractionModel> model, std::vector<CanvasSample> training,
                                 std::vector<CanvasSample> validation)
    : context_(std::move(context)),
      config_(std::move(config)),
      network_(network),
      model_(std::move(model)),
      training_(std::move(training)),
      validation_(std::move(validation)),
      windows_(drawn_windows(0)),
      batch_(std::make_unique<Batch>()) {
  batch_->gradient = View<float*>(uninitialized("imaging::gradient"), network_.member_parameters());
  for (int m = 0; m < network_.config().members; ++m) cache_.push_back(network_.member(m).make_cache());
}

ObjectObjective::~ObjectObjective() = default;

std::size_t ObjectObjective::parameters() const {
  return network_.member_parameters() * static_cast<std::size_t>(network_.config().members);
}

train::ParameterLayout ObjectObjective::layout() const {
  train::ParameterLayout layout;
  for (int m = 0; m < network_.config().members; ++m)
    layout.parts.push_back(network_.member_parameters() * static_cast<std::size_t>(m));
  return layout;
}

std::vector<WindowSample> ObjectObjective::drawn_windows(int epoch) const {
  std::vector<WindowSample> all;
  const int side = side_of(network_.config(), training_);
  for (std::size_t c = 0; c < training_.size(); ++c)
    for (int k = 0; k < config_.windows; ++k) {
      const auto draw = [&](int count, std::uint32_t number) {
        const double u = random::uniform(context_.seed, random::Stream::window, c, static_cast<std::uint64_t>(epoch),
                                         static_cast<std::uint32_t>(3 * k) + number);
        return std::min(count - 1, static_cast<int>(u * count));
      };
      WindowSample w;
      w.canvas = static_cast<int>(c);
      w.at = {draw(std::max(1, training_[c].canvas.nx - side + 1), 0),
              draw(std::max(1, training_[c].canvas.ny - side + 1), 1)};
      // Frames are not turned, so that neither are windows that are judged by them.
      w.symmetry = config_.symmetries && config_.physics == 0.0 ? draw(symmetries, 2) : 0;
      all.push_back(w);
    }
  return all;
}

void ObjectObjective::load(const std::vector<CanvasSample>& canvases, std::span<const WindowSample> windows,
                           Batch& batch) const {
  const int fold = network_.config().fold, side = side_of(network_.config(), canvases), points = side / fold,
            count = static_cast<int>(windows.size());
  batch.windows.assign(windows.begin(), windows.end());
  batch.side = side;
  const int pixels = fold * fold;
  batch.input.fit("imaging::batch_input", count, points, pixels * input_channels);
  batch.label.fit("imaging::batch_label", count, points, pixels * answer_channels);
  batch.weight.fit("imaging::batch_weight", count, points, pixels);
  batch.answer.fit("imaging::batch_answer", count, points, pixels * answer_channels);
  batch.derivative.fit("imaging::batch_derivative", count, points, pixels * answer_channels);
  if (batch.loss.extent_int(0) != count)
    batch.loss = View<float*>(uninitialized("imaging::batch_loss"), static_cast<std::size_t>(count));
  std::vector<float> cut(static_cast<std::size_t>(side) * side * input_channels);
  const auto fill = [&](const Batch::Mirrored& to, int channels, int vector_channel, float unit,
                        const auto& canvas_of) {
    for (int k = 0; k < count; ++k) {
      const WindowSample& w = windows[static_cast<std::size_t>(k)];
      const CanvasSample& sample = canvases[static_cast<std::size_t>(w.canvas)];
      cut_window(*canvas_of(sample), sample.canvas.nx, sample.canvas.ny, channels, w.at, side, w.symmetry,
                 vector_channel, cut.data());
      for (float& c : std::span(cut.data(), static_cast<std::size_t>(side) * side * channels)) c /= unit;
      fold_window(cut.data(), side, channels, fold,
                  to.host.data() + static_cast<std::size_t>(k) * side * side * channels);
    }
    Kokkos::deep_copy(to.images, to.host);  // done on return: the next step writes the host's array
  };
  const auto input_of = [](const CanvasSample& s) { return &s.canvas.input; };
  const auto answer_of = [](const CanvasSample& s) { return &s.answer; };
  const auto weight_of = [](const CanvasSample& s) { return &s.weight; };
  fill(batch.input, input_channels, gradient_channel, 1.0f, input_of);
  fill(batch.label, answer_channels, -1, answer_unit, answer_of);
  fill(batch.weight, 1, -1, 1.0f, weight_of);
}

// Adds the error of the frames that lie in window k, and its derivative by the answer, both on the host.
double ObjectObjective::add_frames(std::size_t k, const Batch& batch, float scale) const {
  const WindowSample& window = batch.windows[k];
  const CanvasSample& sample = training_[static_cast<std::size_t>(window.canvas)];
  const Ptychogram& data = sample.labelled->data;
  const int side = batch.side, fold = network_.config().fold;
  const std::size_t numbers = static_cast<std::size_t>(side) * side * answer_channels;
  const PixelBox box{window.at.x, window.at.y, window.at.x + side, window.at.y + side};
  std::vector<int> frames;
  for (int j = 0; j < data.size(); ++j)
    if (intersection(data.window_of(j), box) == data.window_of(j)) frames.push_back(j);
  if (frames.empty()) return 0.0;
  std::vector<float> answer(numbers), derivative(numbers);
  unfold_window(batch.answer.host.data() + k * numbers, side, answer_channels, fold, answer.data());
  unfold_window(batch.derivative.host.data() + k * numbers, side, answer_channels, fold, derivative.data());
  ObjectFunction object = sample.canvas.object, slope;
  const auto inside = [&](const auto& visit) {
    for (int x = 0; x < side && box.x0 + x < data.object_nx; ++x)
      for (int y = 0; y < side && box.y0 + y < data.object_ny; ++y)
        visit((static_cast<std::size_t>(x) * side + y) * answer_channels,
              static_cast<std::size_t>(box.x0 + x) * data.object_ny + box.y0 + y);
  };
  inside([&](std::size_t at, std::size_t pixel) {
    const float reach = answer_unit * sample.canvas.reach[pixel];
    object.value[pixel] *= std::polar(std::exp(reach * answer[at]), reach * answer[at + 1]);
  });
  const double loss = model_->gradient(data, frames, object, slope);
  inside([&](std::size_t at, std::size_t pixel) {
    const auto product = std::conj(slope.value[pixel]) * object.value[pixel];  // dL = Re(G* dO), dO = O (da + i dφ)
    const float reach = answer_unit * scale * sample.canvas.reach[pixel];
    derivative[at] += reach * product.real();
    derivative[at + 1] -= reach * product.imag();
  });
  fold_window(derivative.data(), side, answer_channels, fold, batch.derivative.host.data() + k * numbers);
  return loss;
}

double ObjectObjective::member_gradient(int member, Batch& batch, float scale) {
  const auto m = static_cast<std::size_t>(member);
  const nn::ImageNetwork<float>& engine = network_.member(member);
  engine.forward(batch.input.images, {batch.answer.images}, *cache_[m]);
  const auto supervised = static_cast<float>(config_.supervised);
  window_loss(context_.space, batch.answer.images, batch.label.images, batch.weight.images, network_.config().fold,
              scale * supervised, batch.derivative.images, batch.loss);
  const auto loss_host = host_copy(batch.loss);
  const bool by_frames = config_.physics > 0.0;
  if (by_frames) {  // of all windows at once; where the device is the host nothing is copied
    Kokkos::deep_copy(batch.answer.host, batch.answer.images);
    Kokkos::deep_copy(batch.derivative.host, batch.derivative.images);
  }
  double loss = 0.0;
  for (std::size_t k = 0; k < batch.windows.size(); ++k) {
    loss += supervised * loss_host(k);
    if (by_frames) loss += config_.physics * add_frames(k, batch, scale * static_cast<float>(config_.physics));
  }
  if (by_frames) Kokkos::deep_copy(batch.derivative.images, batch.derivative.host);
  Kokkos::deep_copy(context_.space, batch.gradient, 0.0f);
  engine.backward(*cache_[m], {batch.derivative.images}, batch.gradient);
  return scale * loss;
}

double ObjectObjective::gradient(std::span<const double> parameters, std::span<const int> batch,
                                 std::span<double> gradient) {
  network_.set_parameters({parameters.begin(), parameters.end()});
  std::fill(gradient.begin(), gradient.end(), 0.0);
  const Communicator& comm = context_.comm;
  std::vector<WindowSample> mine;
  for (std::size_t k = static_cast<std::size_t>(comm.rank()); k < batch.size();
       k += static_cast<std::size_t>(comm.size()))
    mine.push_back(windows_[static_cast<std::size_t>(batch[k])]);
  double loss = 0.0;
  if (!mine.empty()) {
    load(training_, mine, *batch_);
    const std::size_t size = network_.member_parameters();
    for (int m = 0; m < network_.config().members; ++m) {
      loss += member_gradient(m, *batch_, 1.0f / static_cast<float>(batch.size()));
      const auto slope_host = host_copy(batch_->gradient);
      for (std::size_t k = 0; k < size; ++k) gradient[static_cast<std::size_t>(m) * size + k] = slope_host(k);
    }
  }
  comm.sum(gradient);
  return comm.sum(loss) / network_.config().members;
}

std::map<std::string, double> ObjectObjective::validate(std::span<const double> parameters) {
  network_.set_parameters({parameters.begin(), parameters.end()});
  const std::vector<CanvasSample>& canvases = validation_.empty() ? training_ : validation_;
  double amplitude = 0.0, phase = 0.0, total = 0.0;
  for (const CanvasSample& sample : canvases) {
    const CanvasAnswer answer = network_.predict(context_.comm, sample.canvas).mean;
    double mean = 0.0, weight = 0.0;
    for (std::size_t k = 0; k < sample.weight.size(); ++k) {
      mean += static_cast<double>(sample.weight[k]) * (answer[2 * k + 1] - sample.answer[2 * k + 1]);
      weight += sample.weight[k];
    }
    for (std::size_t k = 0; k < sample.weight.size(); ++k) {
      const double a = answer[2 * k] - sample.answer[2 * k];
      const double p = answer[2 * k + 1] - sample.answer[2 * k + 1] - mean / weight;
      amplitude += sample.weight[k] * a * a;
      phase += sample.weight[k] * p * p;
    }
    total += weight;
  }
  std::map<std::string, double> metrics;
  metrics["validation/amplitude_rmse"] = std::sqrt(amplitude / total);
  metrics["validation/phase_rmse_rad"] = std::sqrt(phase / total);
  metrics["validation/loss"] = std::sqrt((amplitude + phase) / total);
  return metrics;
}

}  // namespace locum::imaging
