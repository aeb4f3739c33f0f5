#include "solvers/imaging/engines/prism_store.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "solvers/imaging/potential/slices.hpp"

namespace locum::imaging {
namespace {

template <class T>
double transmission_bytes(const ScanSetup& setup) {
  return static_cast<double>(FunctionLayout<T>::tiles(setup.grid).size()) * sizeof(T) *
         static_cast<double>(setup.edges.size() - 1);
}

template <class T>
int kept_within(const ScanSetup& setup, const PrismTiles<T>& tiles, int configurations) {
  const double room = setup.memory - transmission_bytes<T>(setup);
  const double fitting = std::floor(room / (static_cast<double>(tiles.size()) * sizeof(T)));
  return static_cast<int>(std::clamp(fitting, 0.0, static_cast<double>(configurations)));
}

BeamRows grid_rows(const std::vector<PrismBeam>& beams) {
  const BeamRows rows(uninitialized("prism_beam_rows"), beams.size());
  const auto host = Kokkos::create_mirror_view(rows);
  for (std::size_t b = 0; b < beams.size(); ++b) {
    host(b, 0) = beams[b].grid_x;
    host(b, 1) = beams[b].grid_y;
  }
  Kokkos::deep_copy(rows, host);
  return rows;
}

}  // namespace

template <class T>
PrismStore<T>::PrismStore(const Context& context, const ScanSetup& setup, const PrismLayout& layout,
                          const Configurations& configurations)
    : context_(context),
      setup_(setup),
      layout_(layout),
      tiles_(layout),
      configurations_(configurations),
      kept_count_(kept_within<T>(setup, tiles_, configurations.count)),
      multislice_(context.space, setup.grid, setup.probe.energy, slice_thicknesses(setup.edges), {0.0, 0.0},
                  setup.batch > 0 ? setup.batch : default_batch(setup.grid)),
      beam_rows_(grid_rows(layout.beams)),
      waves_(uninitialized("imaging::prism::waves"), static_cast<std::size_t>(multislice_.batch()),
             static_cast<std::size_t>(setup.grid.nx), static_cast<std::size_t>(setup.grid.ny)),
      coarse_("imaging::prism::coarse", static_cast<std::size_t>(multislice_.batch()),
              static_cast<std::size_t>(layout.nx), static_cast<std::size_t>(layout.ny)),
      transform_(context.space, multislice_.batch(), layout.nx, layout.ny) {}

template <class T>
EngineMemory PrismStore<T>::memory() const {
  const double matrix = static_cast<double>(tiles_.size()) * sizeof(T), functions = transmission_bytes<T>(setup_);
  const double slab = 3.0 * sizeof(T) * setup_.grid.nx * setup_.grid.ny;
  EngineMemory memory;
  // One configuration's transmission functions live beside the S-matrices while these are made.
  if (kept_count_ > 0) memory.shared = matrix * kept_count_ + functions;
  memory.rank = slab + Multislice<T>::bytes(setup_.grid, multislice_.batch()) +
                static_cast<double>((waves_.size() + coarse_.size()) * sizeof(fft::Complex<T>));
  if (kept_count_ < configurations_.count) memory.rank += matrix + functions;
  return memory;
}

// Beams of this rank's share through one configuration.
template <class T>
void PrismStore<T>::make(const Context& context, int configuration, int rank, int ranks, T* matrix) {
  const Configurations one{1, [this, configuration](int) { return configurations_.get(configuration); }};
  TransmissionStore<T> store(context, setup_.grid, setup_.probe.energy, setup_.potential, setup_.edges,
                             FunctionLayout<T>::tiles(setup_.grid), one, std::numeric_limits<double>::max());
  store.prepare();
  const auto begin_of = [&](int r) { return static_cast<int>(static_cast<std::int64_t>(tiles_.beams) * r / ranks); };
  for (int first = begin_of(rank); first < begin_of(rank + 1); first += multislice_.batch()) {
    const int count = std::min(multislice_.batch(), begin_of(rank + 1) - first);
    set_plane_waves<T>(context.space, beam_rows_, first, count, waves_);
    multislice_.enter(waves_, 0, count);
    multislice_.pass(store.get(0), 0, multislice_.slices(), count);
    multislice_.leave(waves_, 0, count);
    resample<T>(context.space, setup_.grid, waves_, count, coarse_);
    transform_.inverse(coarse_);
    lay_out_beams<T>(context.space, tiles_, coarse_, first, count, matrix);
  }
  context.space.fence();
}

template <class T>
void PrismStore<T>::prepare() {
  if (kept_count_ == 0 || kept_) return;
  kept_ = std::make_unique<NodeArray<T>>(context_.comm, tiles_.size() * static_cast<std::size_t>(kept_count_),
                                         "imaging::prism::matrices");
  for (int c = 0; c < kept_count_; ++c)
    make(context_, c, kept_->sharers().rank(), kept_->sharers().size(),
         kept_->view().data() + tiles_.size() * static_cast<std::size_t>(c));
  kept_->synchronize();
}

template <class T>
const T* PrismStore<T>::get(int configuration) {
  if (kept_ && configuration < kept_count_)
    return kept_->view().data() + tiles_.size() * static_cast<std::size_t>(configuration);
  if (last_matrix_.size() == 0) last_matrix_ = View<T*>(uninitialized("imaging::prism::matrix"), tiles_.size());
  if (last_ != configuration) {
    Context alone = context_;
    alone.comm = Communicator::self();
    make(alone, configuration, 0, 1, last_matrix_.data());
  }
  last_ = configuration;
  return last_matrix_.data();
}

template class PrismStore<float>;
template class PrismStore<double>;

}  // namespace locum::imaging
