#include "surrogates/nn/network_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::nn {
namespace {

// Slopes on their way back: storage from the cache's pool, one for each layer whose answer has been asked for.
template <class T>
class Slopes {
 public:
  Slopes(const ExecutionSpace& space, Pool<T>& pool, std::size_t layers)
      : space_(space), pool_(pool), slots_(layers, -1) {}
  bool has(int k) const { return slots_[index(k)] >= 0; }
  Images<T> of(int k, const Extent& e) { return pool_.images(slots_[index(k)], e); }
  // write(images) into layer k's slope, or into something that is added to it where it has one already.
  template <class Write>
  void give(int k, const Extent& e, const Write& write) {
    const int slot = pool_.acquire(e);
    const auto to = pool_.images(slot, e);
    write(to);
    if (!has(k)) {
      slots_[index(k)] = slot;
      return;
    }
    add<T>(space_, to, of(k, e));
    pool_.release(slot);
  }
  void drop(int k) {
    if (has(k)) pool_.release(slots_[index(k)]);
    slots_[index(k)] = -1;
  }

 private:
  ExecutionSpace space_;
  Pool<T>& pool_;
  std::vector<int> slots_;
};

}  // namespace

template <class T>
NetworkEngine<T>::NetworkEngine(const NetworkDescription& d, const ExecutionSpace& execution_space, bool tf32)
    : description(d), space(execution_space), last_use(d.layers.size(), -1) {
  d.validate();
  std::size_t offset = 0;
  for (std::size_t k = 0; k < d.layers.size(); ++k) {
    const auto& l = d.layers[k];
    const int in = l.inputs.empty() ? 0 : d.layers[index(l.inputs[0])].channels;
    layers.push_back(make_layer<T>(l, in, space, tf32));
    const std::size_t from = offset;
    for (auto& block : blocks_of(l, in, offset)) {
      offset += block.size();
      layout.push_back(std::move(block));
    }
    ranges.emplace_back(from, offset);
    for (const int i : l.inputs) last_use[index(i)] = static_cast<int>(k);
  }
  for (const int out : d.outputs) last_use[index(out)] = static_cast<int>(d.layers.size());
}

template <class T>
Extent NetworkEngine<T>::extent(std::size_t k, const std::vector<Extent>& known) const {
  const auto& l = description.layers[k];
  Extent e = known[index(l.inputs[0])];
  for (const int i : l.inputs)
    if (known[index(i)].nx != e.nx || known[index(i)].ny != e.ny)
      throw ConfigError(fmt::format("layer '{}' joins images {} and {}", l.name, e.text(), known[index(i)].text()), "",
                        fmt::format("the sides of images must be divisible by {}", description.divisor()));
  e.channels = l.channels;
  return std::visit(
      [&](const auto& layer) {
        if constexpr (requires { layer.output(e); }) {
          Extent answer = layer.output(known[index(l.inputs[0])]);
          answer.channels = l.channels;
          return answer;
        } else {
          return e;
        }
      },
      layers[k]);
}

template <class T>
std::vector<Extent> NetworkEngine<T>::extents(const Extent& x) const {
  if (x.channels != description.input_channels())
    throw ConfigError(
        fmt::format("images {} came to a network of {} channels", x.text(), description.input_channels()));
  std::vector<Extent> known{x};
  for (std::size_t k = 1; k < layers.size(); ++k) known.push_back(extent(k, known));
  return known;
}

template <class T>
void NetworkEngine<T>::check(const Extent& x, const std::vector<Images<float>>& y) const {
  if (!parameters.data())
    throw ConfigError("an image network was used before it had parameters", "", "call set_parameters first");
  const auto known = extents(x);
  if (y.size() != description.outputs.size())
    throw ConfigError(fmt::format("{} tensors came for {} outputs", y.size(), description.outputs.size()));
  for (std::size_t k = 0; k < y.size(); ++k)
    if (const Extent wanted = known[index(description.outputs[k])]; extent_of(y[k]) != wanted)
      throw ConfigError(fmt::format("output {} is {}, expected {}", k, extent_of(y[k]).text(), wanted.text()));
}

// On the CPU: so many that the largest layer's images stay in a core's share of the caches. On a GPU: enough work for
// all of it, and no more, so that memory does not grow with the batch nor numbers of a layer beyond what int counts.
template <class T>
int NetworkEngine<T>::images_at_a_time(const std::vector<Extent>& known) const {
  const int batch = known[0].batch;
  if (chunk > 0) return std::min(chunk, batch);
  constexpr double bytes = device_is_host ? 2e6 : 1e9;
  double largest = 1.0;
  for (const auto& e : known) largest = std::max(largest, static_cast<double>(e.size()) / batch * sizeof(T));
  const int most = std::clamp(static_cast<int>(bytes / largest), 1, batch), calls = (batch + most - 1) / most;
  return (batch + calls - 1) / calls;  // calls of one size
}

template <class T>
void NetworkEngine<T>::join(const LayerDescription& l, const std::vector<Images<T>>& answers,
                            const Images<T>& to) const {
  int first = 0;
  for (const int i : l.inputs) {
    const Images<T>& from = answers[index(i)];
    if (l.kind == LayerKind::addition)
      i == l.inputs[0] && first++ == 0 ? convert<T, T>(space, from, to) : add<T>(space, from, to);
    else {
      copy_channels<T>(space, from, 0, to, first, from.extent_int(3));
      first += from.extent_int(3);
    }
  }
}

template <class T>
void NetworkEngine<T>::infer(const Images<const float>& x, const std::vector<Images<float>>& y) {
  const Extent all = extent_of(x);
  if (all.batch == 0) return;
  const int stretch = images_at_a_time(extents(all));
  for (int first = 0; first < all.batch; first += stretch) {
    const int count = std::min(stretch, all.batch - first);
    const auto known = extents({count, all.nx, all.ny, all.channels});
    std::vector<Images<T>> answers(layers.size());
    std::vector<int> slots(layers.size());
    for (std::size_t k = 0; k < layers.size(); ++k) {
      const auto& l = description.layers[k];
      slots[k] = pool.acquire(known[k]);
      answers[k] = pool.images(slots[k], known[k]);
      std::visit(
          [&](const auto& layer) {
            if constexpr (!std::is_same_v<std::decay_t<decltype(layer)>, std::monostate>)
              layer.forward(answers[index(l.inputs[0])], answers[k]);
            else if (l.kind == LayerKind::input)
              convert<float, T>(space, portion_of(x, first, count), answers[k]);
            else
              join(l, answers, answers[k]);
          },
          layers[k]);
      for (std::size_t i = 0; i <= k; ++i)
        if (last_use[i] == static_cast<int>(k)) pool.release(slots[i]);
      if (last_use[k] < 0) pool.release(slots[k]);  // nobody reads it
    }
    for (std::size_t k = 0; k < y.size(); ++k)
      convert<T, float>(space, answers[index(description.outputs[k])], portion_of(y[k], first, count));
    for (std::size_t i = 0; i < layers.size(); ++i)
      if (last_use[i] == static_cast<int>(layers.size())) pool.release(slots[i]);
  }
}

template <class T>
void NetworkEngine<T>::train(const Images<const float>& x, const std::vector<Images<float>>& y,
                             TrainingCache<T>& cache) {
  const auto known = extents(extent_of(x));
  cache.buffers.resize(layers.size());
  cache.answers.resize(layers.size());
  cache.layers.resize(layers.size());
  for (std::size_t k = 0; k < layers.size(); ++k) {
    const auto& l = description.layers[k];
    cache.answers[k] = cache.buffers[k].images("network_answer", known[k]);
    if (known[k].batch == 0) continue;
    std::visit(
        [&](const auto& layer) {
          using Layer = std::decay_t<decltype(layer)>;
          if constexpr (!std::is_same_v<Layer, std::monostate>)
            layer.forward(cache.answers[index(l.inputs[0])], cache.answers[k], &cache_of<Layer, T>(cache.layers[k]));
          else if (l.kind == LayerKind::input)
            convert<float, T>(space, x, cache.answers[k]);
          else
            join(l, cache.answers, cache.answers[k]);
        },
        layers[k]);
  }
  for (std::size_t k = 0; k < y.size(); ++k)
    convert<T, float>(space, cache.answers[index(description.outputs[k])], y[k]);
}

template <class T>
void NetworkEngine<T>::backward(TrainingCache<T>& cache, const std::vector<Images<float>>& dy,
                                const View<float*>& gradient, const Images<float>& dx) {
  Slopes<T> slopes(space, cache.slopes, layers.size());
  const auto extent_at = [&](int k) { return extent_of(cache.answers[index(k)]); };
  for (std::size_t k = 0; k < dy.size(); ++k)
    slopes.give(description.outputs[k], extent_of(dy[k]),
                [&](const Images<T>& to) { convert<float, T>(space, dy[k], to); });
  for (int k = static_cast<int>(layers.size()) - 1; k > 0; --k) {
    if (!slopes.has(k)) continue;
    const auto& l = description.layers[index(k)];
    const auto slope = slopes.of(k, extent_at(k));
    std::visit(
        [&](const auto& layer) {
          using Layer = std::decay_t<decltype(layer)>;
          if constexpr (std::is_same_v<Layer, std::monostate>) {
            int first = 0;
            for (const int i : l.inputs) {
              slopes.give(i, extent_at(i), [&](const Images<T>& to) {
                l.kind == LayerKind::addition ? convert<T, T>(space, slope, to)
                                              : copy_channels<T>(space, slope, first, to, 0, to.extent_int(3));
              });
              first += extent_at(i).channels;
            }
          } else {
            const auto& kept = cache_of<Layer, T>(cache.layers[index(k)]);
            const auto back = [&](const Images<T>& to) {
              if constexpr (has_parameters<Layer>) {
                const View<float*> part = Kokkos::subview(gradient, ranges[index(k)]);
                layer.backward(kept, slope, to, part);
              } else {
                layer.backward(kept, slope, to);
              }
            };
            if (l.inputs[0] == 0 && !dx.data())
              back({});  // nobody asks for the derivative by the input
            else
              slopes.give(l.inputs[0], extent_at(l.inputs[0]), back);
          }
        },
        layers[index(k)]);
    slopes.drop(k);
  }
  if (dx.data() && slopes.has(0)) convert<T, float>(space, slopes.of(0, extent_at(0)), dx);
  slopes.drop(0);
}

template struct NetworkEngine<float>;
template struct NetworkEngine<conv::Bf16>;
template struct NetworkEngine<conv::Fp16>;

}  // namespace locum::nn
