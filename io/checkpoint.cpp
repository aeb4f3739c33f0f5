#include "io/checkpoint.hpp"

#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

constexpr const char* format = "locum-checkpoint";
constexpr int version = 1;

std::int64_t rows_of(const Field& field) { return field.shape.empty() ? 1 : field.shape[0]; }

Shape with_rows(const Field& field, std::int64_t rows) {
  Shape shape = field.shape.empty() ? Shape{1} : field.shape;
  shape[0] = rows;
  return shape;
}

// What all ranks must agree on.
std::string describe(const std::map<std::string, FieldSet>& groups) {
  std::string text;
  for (const auto& [group, fields] : groups) {
    text += group + "\n";
    for (const auto& [name, field] : fields.fields()) {
      text += fmt::format("  {} [{}] {}", name, field.unit, field.values.index() ? "integer" : "real");
      if (field.shape.empty()) text += " scalar";
      for (std::size_t d = 1; d < field.shape.size(); ++d) text += fmt::format(" {}", field.shape[d]);
      text += "\n";
    }
  }
  return text;
}

void require_agreement(const Communicator& comm, const std::map<std::string, FieldSet>& groups,
                       const std::string& path) {
  const std::string mine = describe(groups);
  std::string roots = mine;
  comm.broadcast(roots);
  together(comm, [&] {
    if (mine != roots)
      throw IoError("rank " + std::to_string(comm.rank()) + " has other distributed fields than rank 0:\n" + mine +
                        "was found,\n" + roots + "was expected",
                    path);
  });
}

Slab own_rows(const Shape& all, std::int64_t start, std::int64_t rows) {
  Slab slab{Shape(all.size(), 0), all};
  slab.start[0] = rows > 0 ? start : 0;
  slab.count[0] = rows;
  return slab;
}

}  // namespace

void write_checkpoint(const Communicator& comm, const std::string& path, const Checkpoint& checkpoint) {
  require_agreement(comm, checkpoint.distributed, path);
  // Rows of every rank, for each distributed field in the order of the maps.
  std::vector<std::int64_t> mine;
  double bytes = 0;
  for (const auto& [group, fields] : checkpoint.distributed)
    for (const auto& [name, field] : fields.fields()) {
      mine.push_back(rows_of(field));
      bytes += 8.0 * static_cast<double>(field.size());
    }
  const auto all = comm.all_gather(std::span<const std::int64_t>(mine));
  const std::size_t n_fields = mine.size();
  bytes = comm.sum(bytes) + 16.0 * static_cast<double>(all.size());
  auto total = static_cast<std::uint64_t>(bytes) + structure_bytes(4 + n_fields + checkpoint.distributed.size());
  if (comm.is_root()) {
    for (const auto& [group, fields] : checkpoint.shared) total += detail::field_bytes(fields);
    for (const auto& [name, text] : checkpoint.attributes) total += 4096 + 2 * text.size();
  }
  comm.broadcast(total);
  auto ranks_rows = [&](std::size_t k) {
    std::vector<std::int64_t> rows;
    for (int r = 0; r < comm.size(); ++r) rows.push_back(all[static_cast<std::size_t>(r) * n_fields + k]);
    return rows;
  };

  AtomicFile target(comm, path);
  target.reserve(total);
  on_root(comm, [&] {
    auto file = Hdf5File::create(target.temporary());
    detail::write_header(file, format, version, checkpoint.attributes);
    file.write_attribute("/", "ranks", std::int64_t{comm.size()});
    file.make_group("/shared");
    file.make_group("/distributed");
    for (const auto& [group, fields] : checkpoint.shared) detail::write_group(file, "/shared/" + group, fields);
    std::size_t k = 0;
    for (const auto& [group, fields] : checkpoint.distributed) {
      file.make_group("/distributed/" + group);
      file.write_attribute("/distributed/" + group, "fields", static_cast<std::int64_t>(fields.fields().size()));
      for (const auto& [name, field] : fields.fields()) {
        const auto rows = ranks_rows(k++);
        const std::string dataset = "/distributed/" + group + "/" + name;
        const std::int64_t count = std::accumulate(rows.begin(), rows.end(), std::int64_t{0});
        file.make_dataset(dataset, static_cast<Number>(field.values.index()), field.unit, with_rows(field, count));
        file.write_attribute(dataset, "rank_rows", rows);
        file.write_attribute(dataset, "scalar", std::int64_t{field.shape.empty()});
      }
    }
    file.close();
  });
  if (n_fields > 0) {
    auto file = Hdf5File::modify_together(comm, target.temporary());
    std::size_t k = 0;
    for (const auto& [group, fields] : checkpoint.distributed)
      for (const auto& [name, field] : fields.fields()) {
        const auto rows = ranks_rows(k++);
        const std::int64_t start = std::accumulate(rows.begin(), rows.begin() + comm.rank(), std::int64_t{0});
        file.write_slab("/distributed/" + group + "/" + name,
                        own_rows(with_rows(field, rows_of(field)), start, rows_of(field)), field.values);
      }
    file.close();
  }
  target.commit();
}

namespace {

// Rows [start, end) that this rank reads.
std::pair<std::int64_t, std::int64_t> share(const Communicator& comm, const std::vector<std::int64_t>& rank_rows,
                                            std::int64_t total) {
  if (static_cast<int>(rank_rows.size()) != comm.size())
    return {block_start(total, comm.size(), comm.rank()), block_start(total, comm.size(), comm.rank() + 1)};
  const auto start = std::accumulate(rank_rows.begin(), rank_rows.begin() + comm.rank(), std::int64_t{0});
  return {start, start + rank_rows[static_cast<std::size_t>(comm.rank())]};
}

void read_distributed(const Communicator& comm, const Hdf5File& file, std::map<std::string, FieldSet>& groups) {
  for (const auto& group : detail::list_groups(file, "/distributed")) {
    FieldSet& fields = groups[group];
    for (const auto& name : detail::list_fields(file, "/distributed/" + group)) {
      const std::string dataset = "/distributed/" + group + "/" + name;
      const auto rank_rows = file.integer_attribute(dataset, "rank_rows");
      Shape shape = file.shape(dataset);
      if (shape.empty() || std::accumulate(rank_rows.begin(), rank_rows.end(), std::int64_t{0}) != shape[0])
        throw IoError("the ranks' rows of " + dataset + " do not add up to its length", file.path());
      const auto [start, end] = share(comm, rank_rows, shape[0]);
      shape[0] = end - start;
      Values values = file.read_slab(dataset, own_rows(shape, start, end - start));
      const bool scalar = file.integer_attribute(dataset, "scalar") == std::vector<std::int64_t>{1};
      if (scalar && static_cast<int>(rank_rows.size()) == comm.size()) shape.clear();
      std::visit([&](auto& v) { fields.add(name, file.unit(dataset), shape, std::move(v)); }, values);
    }
  }
}

}  // namespace

Checkpoint read_checkpoint(const Communicator& comm, const std::string& path, int* writers) {
  Checkpoint checkpoint;
  // A complete file has its name and never changes: every rank reads by itself what it needs.
  on_root(comm, [&] { detail::read_header(Hdf5File::open(path), format, version); });
  together(comm, [&] {
    const auto file = Hdf5File::open(path);
    checkpoint.attributes = detail::read_header(file, format, version);
    checkpoint.shared = detail::read_groups(file, "/shared");
    read_distributed(comm, file, checkpoint.distributed);
    if (writers) *writers = static_cast<int>(file.integer_attribute("/", "ranks").at(0));
  });
  return checkpoint;
}

}  // namespace locum::io
