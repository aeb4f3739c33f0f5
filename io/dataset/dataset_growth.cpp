#include <algorithm>

#include "io/dataset/dataset_layout.hpp"

namespace locum::io {

void grow(Hdf5File& file, const DatasetLayout& layout, const SampleRows& rows, std::int64_t from,
          std::vector<std::int64_t>& total) {
  const std::int64_t count = rows.empty() ? 0 : static_cast<std::int64_t>(rows[0].size());
  std::vector<std::int64_t> space(rows.size());  // rows that have a chunk
  std::size_t f = 0;
  for (const auto& [name, field] : layout) {
    const std::int64_t chunk = chunk_rows(field);
    space[f] = (total[f] + chunk - 1) / chunk * chunk;
    ++f;
  }
  std::int64_t offset_space = (from + 1 + offset_chunk - 1) / offset_chunk * offset_chunk;
  for (std::int64_t k = 0; k < count; ++k) {
    const bool new_offsets = from + k + 2 > offset_space;
    f = 0;
    for (const auto& [name, field] : layout) {
      total[f] += rows[f][static_cast<std::size_t>(k)];
      if (total[f] > space[f]) {
        const std::int64_t chunk = chunk_rows(field);
        space[f] = (total[f] + chunk - 1) / chunk * chunk;
        file.set_rows(value_of(name), total[f]);
      }
      if (!field.scalar && new_offsets) file.set_rows(offset_of(name), from + k + 2);
      ++f;
    }
    if (new_offsets) offset_space += offset_chunk;
  }
  f = 0;
  for (const auto& [name, field] : layout) {
    file.set_rows(value_of(name), total[f++]);
    if (!field.scalar) file.set_rows(offset_of(name), from + count + 1);
  }
}

void write_offsets(Hdf5File& file, const DatasetLayout& layout, const SampleRows& rows, std::int64_t from,
                   const std::vector<std::int64_t>& before) {
  std::size_t f = 0;
  for (const auto& [name, field] : layout) {
    std::vector<std::int64_t> ends;
    std::int64_t end = before[f];
    for (const auto n : rows[f]) ends.push_back(end += n);
    ++f;
    if (field.scalar) continue;
    file.write_slab(offset_of(name), {{from + 1}, {static_cast<std::int64_t>(ends.size())}}, ends);
  }
}

void copy_samples(const std::string& source, const std::string& temporary, std::int64_t keep) {
  const auto from = Hdf5File::open(source);
  const auto content = read_content(from);
  auto to = Hdf5File::modify(temporary);
  SampleRows rows;
  for (const auto& [name, field] : content.layout) {
    rows.emplace_back(static_cast<std::size_t>(keep), 1);
    if (field.scalar) continue;
    const auto& offset = content.offsets.at(name);
    for (std::size_t k = 0; k < rows.back().size(); ++k) rows.back()[k] = offset[k + 1] - offset[k];
  }
  const std::vector<std::int64_t> none(rows.size(), 0);
  std::vector<std::int64_t> total = none;
  grow(to, content.layout, rows, 0, total);
  write_offsets(to, content.layout, rows, 0, none);
  std::size_t f = 0;
  for (const auto& [name, field] : content.layout) {
    const std::int64_t piece = 64 * chunk_rows(field);
    for (std::int64_t at = 0; at < total[f]; at += piece) {
      const Slab slab = row_slab(field, at, std::min(piece, total[f] - at));
      to.write_slab(value_of(name), slab, from.read_slab(value_of(name), slab));
    }
    ++f;
  }
  to.close();
}

}  // namespace locum::io
