#include "surrogates/imaging/object_objective.hpp"

#include <algorithm>
#include <cmath>

#include "kokkos_kernels/random/philox.hpp"
#include "surrogates/imaging/window_loss.hpp"

namespace locum::imaging {
namespace {

using Host = HostView<float****>;

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

// Windows of one rank's share, folded; host mirrors beside what the engines read.
struct ObjectObjective::Batch {
  std::vector<WindowSample> windows;
  int side = 0;
  nn::Images<float> input, label, weight, answer, derivative;
  View<float*> loss;
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
      windows_(drawn_windows(0)) {
  for (int m = 0; m < network_.config().members; ++m) cache_.push_back(network_.member(m).make_cache());
}

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
  const auto images = [&](const char* label, int channels) {
    return nn::Images<float>(uninitialized(label), count, points, points, fold * fold * channels);
  };
  batch.input = images("imaging::batch_input", input_channels);
  batch.label = images("imaging::batch_label", answer_channels);
  batch.weight = images("imaging::batch_weight", 1);
  batch.answer = images("imaging::batch_answer", answer_channels);
  batch.derivative = images("imaging::batch_derivative", answer_channels);
  batch.loss = View<float*>("imaging::batch_loss", static_cast<std::size_t>(count));
  std::vector<float> cut(static_cast<std::size_t>(side) * side * input_channels);
  const auto fill = [&](const nn::Images<float>& to, int channels, int vector_channel, float unit,
                        const auto& canvas_of) {
    const auto host = Kokkos::create_mirror_view(to);
    for (int k = 0; k < count; ++k) {
      const WindowSample& w = windows[static_cast<std::size_t>(k)];
      const CanvasSample& sample = canvases[static_cast<std::size_t>(w.canvas)];
      cut_window(*canvas_of(sample), sample.canvas.nx, sample.canvas.ny, channels, w.at, side, w.symmetry,
                 vector_channel, cut.data());
      for (float& c : cut) c /= unit;
      fold_window(cut.data(), side, channels, fold, host.data() + static_cast<std::size_t>(k) * side * side * channels);
    }
    Kokkos::deep_copy(to, host);  // done on return: the host's array goes
  };
  const auto input_of = [](const CanvasSample& s) { return &s.canvas.input; };
  const auto answer_of = [](const CanvasSample& s) { return &s.answer; };
  const auto weight_of = [](const CanvasSample& s) { return &s.weight; };
  fill(batch.input, input_channels, gradient_channel, 1.0f, input_of);
  fill(batch.label, answer_channels, -1, answer_unit, answer_of);
  fill(batch.weight, 1, -1, 1.0f, weight_of);
}

// Adds the error of the frames that lie in the window, and its derivative by the answer.
double ObjectObjective::add_frames(const WindowSample& window, std::size_t k, const Batch& batch, float scale) const {
  const CanvasSample& sample = training_[static_cast<std::size_t>(window.canvas)];
  const Ptychogram& data = sample.labelled->data;
  const int side = batch.side, fold = network_.config().fold;
  const std::size_t numbers = static_cast<std::size_t>(side) * side * answer_channels;
  const PixelBox box{window.at.x, window.at.y, window.at.x + side, window.at.y + side};
  std::vector<int> frames;
  for (int j = 0; j < data.size(); ++j)
    if (intersection(data.window_of(j), box) == data.window_of(j)) frames.push_back(j);
  if (frames.empty()) return 0.0;
  const auto answer_host = host_copy(batch.answer), derivative_host = host_copy(batch.derivative);
  std::vector<float> answer(numbers), derivative(numbers);
  unfold_window(answer_host.data() + k * numbers, side, answer_channels, fold, answer.data());
  unfold_window(derivative_host.data() + k * numbers, side, answer_channels, fold, derivative.data());
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
  fold_window(derivative.data(), side, answer_channels, fold, derivative_host.data() + k * numbers);
  Kokkos::deep_copy(context_.space, batch.derivative, derivative_host);
  return loss;
}

double ObjectObjective::member_gradient(int member, Batch& batch, float scale, View<float*>& gradient) {
  const auto m = static_cast<std::size_t>(member);
  const nn::ImageNetwork<float>& engine = network_.member(member);
  engine.forward(batch.input, {batch.answer}, *cache_[m]);
  const auto supervised = static_cast<float>(config_.supervised);
  window_loss(context_.space, batch.answer, batch.label, batch.weight, network_.config().fold, scale * supervised,
              batch.derivative, batch.loss);
  const auto loss_host = host_copy(batch.loss);
  double loss = 0.0;
  for (std::size_t k = 0; k < batch.windows.size(); ++k) {
    loss += supervised * loss_host(k);
    if (config_.physics > 0.0)
      loss += config_.physics * add_frames(batch.windows[k], k, batch, scale * static_cast<float>(config_.physics));
  }
  Kokkos::deep_copy(context_.space, gradient, 0.0f);
  engine.backward(*cache_[m], {batch.derivative}, gradient);
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
    Batch loaded;
    load(training_, mine, loaded);
    const std::size_t size = network_.member_parameters();
    View<float*> slope(uninitialized("imaging::gradient"), size);
    for (int m = 0; m < network_.config().members; ++m) {
      loss += member_gradient(m, loaded, 1.0f / static_cast<float>(batch.size()), slope);
      const auto slope_host = host_copy(slope);
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
