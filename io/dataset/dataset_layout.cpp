#include "io/dataset/dataset_layout.hpp"

#include <algorithm>

#include "io/tree.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::string describe(const FieldLayout& field) {
  std::string text = field.number == Number::real ? "real, unit '" : "integer, unit '";
  text += field.unit;
  text += field.scalar ? "', a scalar" : "', rows of " + std::to_string(row_size(field)) + " values";
  return text;
}

}  // namespace

DatasetLayout layout_of(const FieldSet& sample) {
  DatasetLayout layout;
  for (const auto& [name, field] : sample.fields()) {
    FieldLayout about{field.unit, static_cast<Number>(field.values.index()), field.shape.empty(), {}};
    if (!about.scalar) about.row.assign(field.shape.begin() + 1, field.shape.end());
    layout.emplace(name, about);
  }
  return layout;
}

void require_same(const DatasetLayout& found, const DatasetLayout& expected, const std::string& where) {
  for (const auto& [name, field] : expected) {
    const auto other = found.find(name);
    if (other == found.end())
      throw ConfigError("the sample has no field '" + name + "'", where, "all samples have the same fields");
    if (other->second != field)
      throw ConfigError(
          "field '" + name + "': found " + describe(other->second) + "; " + describe(field) + " was expected", where,
          "all samples of a dataset agree on units, types and dimensions after the first");
  }
  for (const auto& [name, field] : found)
    if (!expected.count(name))
      throw ConfigError("the sample has a field '" + name + "' that earlier samples have not", where,
                        "all samples have the same fields");
}

std::int64_t row_size(const FieldLayout& field) {
  std::int64_t n = 1;
  for (const auto extent : field.row) n *= extent;
  return n;
}

std::int64_t rows_of(const Field& field) { return field.shape.empty() ? 1 : field.shape[0]; }

Shape with_rows(const FieldLayout& field, std::int64_t rows) {
  Shape shape = {rows};
  shape.insert(shape.end(), field.row.begin(), field.row.end());
  return shape;
}

Slab row_slab(const FieldLayout& field, std::int64_t first, std::int64_t rows) {
  Slab slab{Shape(field.row.size() + 1, 0), with_rows(field, rows)};
  slab.start[0] = rows > 0 ? first : 0;
  return slab;
}

std::int64_t chunk_rows(const FieldLayout& field) {
  return std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(row_size(field), 1));
}

void make_dataset_file(const std::string& temporary, const DatasetLayout& layout) {
  auto file = Hdf5File::create(temporary);
  detail::write_header(file, dataset_format, dataset_version, {});
  file.make_group("/samples");
  for (const auto& [name, field] : layout) {
    file.make_dataset(value_of(name), field.number, field.unit, with_rows(field, 0), chunk_rows(field));
    file.write_attribute("/samples/" + name, "scalar", std::int64_t{field.scalar});
    if (field.scalar) continue;
    file.make_dataset(offset_of(name), Number::integer, "1", {1}, offset_chunk);
    file.write(offset_of(name), std::vector<std::int64_t>{0});
  }
  file.close();
}

DatasetContent read_content(const Hdf5File& file) {
  detail::read_header(file, dataset_format, dataset_version);
  DatasetContent content;
  bool first = true;
  for (const auto& name : file.names("/samples")) {
    const Shape shape = file.shape(value_of(name));
    if (shape.empty()) throw IoError("the field '" + name + "' has no rows", file.path());
    FieldLayout field{file.unit(value_of(name)),
                      file.number(value_of(name)),
                      file.integer_attribute("/samples/" + name, "scalar") == std::vector<std::int64_t>{1},
                      {}};
    field.row.assign(shape.begin() + 1, shape.end());
    std::int64_t samples = shape[0];
    if (!field.scalar) {
      const Values values = file.read(offset_of(name));
      const auto* offset = std::get_if<std::vector<std::int64_t>>(&values);
      if (!offset || offset->empty() || offset->front() != 0 || offset->back() != shape[0] ||
          !std::is_sorted(offset->begin(), offset->end()))
        throw IoError("the offsets of the field '" + name + "' do not fit its " + std::to_string(shape[0]) + " rows",
                      file.path());
      samples = static_cast<std::int64_t>(offset->size()) - 1;
      content.offsets[name] = *offset;
    }
    if (!first && samples != content.size)
      throw IoError("the field '" + name + "' has " + std::to_string(samples) + " samples, the others have " +
                        std::to_string(content.size),
                    file.path());
    content.size = samples;
    content.layout[name] = field;
    first = false;
  }
  return content;
}

}  // namespace locum::io
