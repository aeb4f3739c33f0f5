#include "surrogates/imaging/object_network.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"
#include "surrogates/imaging/object_unet.hpp"
#include "surrogates/imaging/window_alignment.hpp"

namespace locum::imaging {
namespace {

// One is work enough for a core, whose caches keep it: 4, 16 or 64 took 2 to 8 % longer. A GPU wants more at a time.
constexpr int windows_at_once = device_is_host ? 1 : 64;

// The phase's weighed mean is of no meaning: frames do not tell it.
void remove_mean_phase(const std::vector<float>& weight, CanvasAnswer& answer) {
  double sum = 0.0, total = 0.0;
  for (std::size_t k = 0; k < weight.size(); ++k) {
    sum += static_cast<double>(weight[k]) * answer[2 * k + 1];
    total += weight[k];
  }
  const auto mean = static_cast<float>(total > 0.0 ? sum / total : 0.0);
  for (std::size_t k = 0; k < weight.size(); ++k) answer[2 * k + 1] -= mean;
}

const ObjectNetworkConfig& validated(const ObjectNetworkConfig& config) {
  config.validate();
  return config;
}

}  // namespace

ObjectNetwork::ObjectNetwork(const ExecutionSpace& space, const ObjectNetworkConfig& config)
    : space_(space), config_(validated(config)) {
  const nn::NetworkDescription net = object_unet(config_);
  for (int m = 0; m < config_.members; ++m) members_.emplace_back(net, space_);
}

nn::NetworkDescription ObjectNetwork::description() const { return members_.front().description(); }

std::size_t ObjectNetwork::member_parameters() const { return members_.front().parameters(); }

std::vector<double> ObjectNetwork::initial_parameters(std::uint64_t seed) const {
  std::vector<double> all;
  for (int m = 0; m < config_.members; ++m) {
    const std::vector<double> one = initial_unet(members_.front(), seed, static_cast<std::uint64_t>(m));
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

void ObjectNetwork::set_parameters(std::vector<double> parameters) {
  const std::size_t size = member_parameters();
  if (parameters.size() != size * members_.size())
    throw ConfigError(fmt::format("{} parameters were given, {} member(s) of {} were expected", parameters.size(),
                                  members_.size(), size),
                      "ObjectNetwork", "the model was made with another network");
  parameters_ = std::move(parameters);
  for (std::size_t m = 0; m < members_.size(); ++m)
    members_[m].set_parameters(std::span<const double>(parameters_).subspan(m * size, size));
}

WindowGrid ObjectNetwork::grid_of(const Canvas& canvas) const {
  // A canvas smaller than a window is one window, as small as the network can take.
  const int divisor = config_.divisor(), larger = std::max(canvas.nx, canvas.ny);
  const int side = std::min(config_.window, (larger + divisor - 1) / divisor * divisor);
  return {canvas.nx, canvas.ny, side, std::min(config_.border, side / 2)};
}

std::vector<float> ObjectNetwork::answers_of(int member, const Communicator& comm, const Canvas& canvas,
                                             const WindowGrid& grid) const {
  const std::vector<Window> windows = grid.windows();
  const int side = grid.side, fold = config_.fold, points = side / fold;
  const std::size_t pixels = static_cast<std::size_t>(side) * side;
  std::vector<std::size_t> mine;
  for (std::size_t w = static_cast<std::size_t>(comm.rank()); w < windows.size();
       w += static_cast<std::size_t>(comm.size()))
    mine.push_back(w);
  const int most = std::min(windows_at_once, static_cast<int>(mine.size()));
  const nn::Images<float> x(uninitialized("imaging::windows"), most, points, points, fold * fold * input_channels);
  const nn::Images<float> y(uninitialized("imaging::window_answers"), most, points, points,
                            fold * fold * answer_channels);
  const auto x_host = Kokkos::create_mirror_view(x);
  const auto y_host = Kokkos::create_mirror_view(y);
  std::vector<float> cut(pixels * input_channels), answers(windows.size() * pixels * answer_channels, 0.0f);
  for (std::size_t first = 0; first < mine.size(); first += static_cast<std::size_t>(most)) {
    const std::size_t count = std::min(static_cast<std::size_t>(most), mine.size() - first);
    for (std::size_t k = 0; k < count; ++k) {
      cut_window(canvas.input, canvas.nx, canvas.ny, input_channels, windows[mine[first + k]], side, 0, -1, cut.data());
      fold_window(cut.data(), side, input_channels, fold, x_host.data() + k * pixels * input_channels);
    }
    Kokkos::deep_copy(space_, x, x_host);
    const auto few = static_cast<int>(count);
    members_[static_cast<std::size_t>(member)].forward(nn::portion_of(x, 0, few), {nn::portion_of(y, 0, few)});
    Kokkos::deep_copy(space_, y_host, y);
    space_.fence();
    for (std::size_t k = 0; k < count; ++k)
      unfold_window(y_host.data() + k * pixels * answer_channels, side, answer_channels, fold,
                    answers.data() + mine[first + k] * pixels * answer_channels);
  }
  for (float& a : answers) a *= answer_unit;
  comm.sum(std::span<float>(answers));  // every window is one rank's: zeros are added to it
  return answers;
}

ObjectNetwork::Answer ObjectNetwork::predict(const Communicator& comm, const Canvas& canvas) const {
  const WindowGrid grid = grid_of(canvas);
  const std::size_t size = canvas.weight.size();
  std::vector<CanvasAnswer> each;
  for (int m = 0; m < config_.members; ++m) {
    std::vector<float> answers = answers_of(m, comm, canvas, grid);
    align(grid, canvas.weight, answer_channels, 1, answers);
    each.push_back(stitch(grid, answer_channels, answers));
    remove_mean_phase(canvas.weight, each.back());
  }
  Answer answer{CanvasAnswer(size * answer_channels, 0.0f), std::vector<float>(size, 0.0f)};
  const auto count = static_cast<float>(each.size());
  for (const CanvasAnswer& one : each)
    for (std::size_t k = 0; k < one.size(); ++k) answer.mean[k] += one[k] / count;
  for (const CanvasAnswer& one : each)
    for (std::size_t k = 0; k < one.size(); ++k) {
      const float off = one[k] - answer.mean[k];
      answer.spread[k / answer_channels] += count > 1.0f ? off * off / (count - 1.0f) : 0.0f;
    }
  return answer;
}

}  // namespace locum::imaging
