#include "solvers/imaging/waves/transmission_store.hpp"

#include "solvers/imaging/electron.hpp"

namespace locum::imaging {
namespace {

template <class T>
double bytes_of(const FunctionLayout<T>& layout, int slices) {
  return static_cast<double>(layout.size()) * sizeof(T) * slices;
}

}  // namespace

template <class T>
TransmissionStore<T>::TransmissionStore(const Context& context, const Grid& grid, double energy,
                                        const PotentialConfig& potential, const std::vector<double>& edges,
                                        const FunctionLayout<T>& layout, const Configurations& configurations,
                                        double budget)
    : context_(context),
      grid_(grid),
      layout_(layout),
      sigma_(interaction_parameter(energy)),
      edges_(edges),
      configurations_(configurations),
      all_kept_(bytes_of(layout, slices()) * configurations.count <= budget),
      specimen_of_(0),
      specimen_(configurations.get(0)),
      potential_(context, grid, edges, potential, species_of(specimen_)),
      slab_(uninitialized("imaging::slab"), 1, static_cast<std::size_t>(grid.nx), static_cast<std::size_t>(grid.ny)) {}

template <class T>
EngineMemory TransmissionStore<T>::memory() const {
  const double one = bytes_of(layout_, slices());
  const double slab = 3.0 * sizeof(T) * grid_.nx * grid_.ny;
  return all_kept_ ? EngineMemory{one * configurations_.count, slab} : EngineMemory{0.0, one + slab};
}

template <class T>
void TransmissionStore<T>::make(int configuration, int first, int count, Transmission<T>& into) {
  if (specimen_of_ != configuration) {
    specimen_ = configurations_.get(configuration);
    specimen_of_ = configuration;
  }
  for (int s = first; s < first + count; ++s) {
    potential_.evaluate(specimen_, s, 1, slab_);
    into.fill(context_.space, s, slab_);
  }
}

template <class T>
void TransmissionStore<T>::prepare() {
  if (!all_kept_ || kept_) return;
  const std::size_t one = layout_.size() * static_cast<std::size_t>(slices());
  kept_ = std::make_unique<NodeArray<T>>(context_.comm, one * static_cast<std::size_t>(configurations_.count),
                                         "imaging::transmissions");
  for (int c = 0; c < configurations_.count; ++c) {
    const std::size_t begin = one * static_cast<std::size_t>(c);
    functions_.emplace_back(context_.space, grid_, sigma_, slices(), layout_,
                            View<T*>(Kokkos::subview(kept_->view(), std::make_pair(begin, begin + one))));
    const int ranks = kept_->sharers().size(), rank = kept_->sharers().rank();
    const int first = static_cast<int>(static_cast<std::int64_t>(slices()) * rank / ranks);
    const int last = static_cast<int>(static_cast<std::int64_t>(slices()) * (rank + 1) / ranks);
    make(c, first, last - first, functions_.back());
  }
  context_.space.fence();
  kept_->synchronize();
}

template <class T>
const Transmission<T>& TransmissionStore<T>::get(int configuration) {
  if (kept_) return functions_[static_cast<std::size_t>(configuration)];
  if (functions_.empty())
    functions_.emplace_back(
        context_.space, grid_, sigma_, slices(), layout_,
        View<T*>(uninitialized("imaging::transmission"), layout_.size() * static_cast<std::size_t>(slices())));
  if (last_ != configuration) make(configuration, 0, slices(), functions_[0]);
  last_ = configuration;
  return functions_[0];
}

template class TransmissionStore<float>;
template class TransmissionStore<double>;

}  // namespace locum::imaging
