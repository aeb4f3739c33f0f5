#include <optional>

#include "io/collective.hpp"
#include "io/dataset/dataset_layout.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

Hdf5File open_together(const Communicator& comm, const std::string& path) {
  on_root(comm, [&] { read_content(Hdf5File::open(path)); });
  std::optional<Hdf5File> file;
  together(comm, [&] { file.emplace(Hdf5File::open(path)); });
  return std::move(*file);
}

template <class T>
std::vector<T> part(const std::vector<T>& all, std::int64_t first, std::int64_t last) {
  return {all.begin() + first, all.begin() + last};
}

}  // namespace

Dataset::Dataset(const Communicator& comm, const std::string& path) : file_(open_together(comm, path)) {
  together(comm, [&] {
    auto content = read_content(file_);
    size_ = content.size;
    layout_ = std::move(content.layout);
    offsets_ = std::move(content.offsets);
  });
}

std::vector<std::string> Dataset::field_names() const {
  std::vector<std::string> names;
  for (const auto& entry : layout_) names.push_back(entry.first);
  return names;
}

FieldSet Dataset::sample(std::int64_t k) const { return std::move(samples(k, k + 1).front()); }

std::vector<FieldSet> Dataset::samples(std::int64_t first, std::int64_t last) const {
  return samples(first, last, field_names());
}

std::vector<FieldSet> Dataset::samples(std::int64_t first, std::int64_t last,
                                       const std::vector<std::string>& names) const {
  if (first < 0 || last > size_ || first > last)
    throw IoError("samples " + std::to_string(first) + " … " + std::to_string(last - 1) +
                      " were asked for, there are " + std::to_string(size_),
                  file_.path());
  std::vector<FieldSet> all(static_cast<std::size_t>(last - first));
  if (all.empty()) return all;
  for (const auto& name : names)
    if (layout_.count(name) != 0) read_field(name, first, last, all);
  return all;
}

void Dataset::read_field(const std::string& name, std::int64_t first, std::int64_t last,
                         std::vector<FieldSet>& all) const {
  const FieldLayout& field = layout_.at(name);
  const auto* offset = field.scalar ? nullptr : &offsets_.at(name);
  auto start = [&](std::int64_t k) { return offset ? (*offset)[static_cast<std::size_t>(k)] : k; };
  const Values rows = file_.read_slab(value_of(name), row_slab(field, start(first), start(last) - start(first)));
  for (std::int64_t k = first; k < last; ++k) {
    const std::int64_t from = (start(k) - start(first)) * row_size(field),
                       to = (start(k + 1) - start(first)) * row_size(field);
    const Shape shape = field.scalar ? Shape() : with_rows(field, start(k + 1) - start(k));
    std::visit(
        [&](const auto& v) {
          all[static_cast<std::size_t>(k - first)].add(name, field.unit, shape, part(v, from, to));
        },
        rows);
  }
}

std::vector<double> Dataset::real_column(const std::string& name) const {
  const auto found = layout_.find(name);
  if (found == layout_.end() || !found->second.scalar || found->second.number != Number::real)
    throw IoError("'" + name + "' is no real number of each sample", file_.path());
  return std::get<std::vector<double>>(file_.read(value_of(name)));
}

std::vector<std::int64_t> Dataset::integer_column(const std::string& name) const {
  const auto found = layout_.find(name);
  if (found == layout_.end() || !found->second.scalar || found->second.number != Number::integer)
    throw IoError("'" + name + "' is no integer of each sample", file_.path());
  return std::get<std::vector<std::int64_t>>(file_.read(value_of(name)));
}

}  // namespace locum::io
