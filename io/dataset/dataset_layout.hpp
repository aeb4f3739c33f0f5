// The datasets of a dataset file. For io/dataset*.cpp only.
#pragma once

#include "io/dataset/dataset.hpp"

namespace locum::io {

constexpr const char* dataset_format = "locum-dataset";
constexpr int dataset_version = 1;

inline std::string value_of(const std::string& field) { return "/samples/" + field + "/value"; }
inline std::string offset_of(const std::string& field) { return "/samples/" + field + "/offset"; }

DatasetLayout layout_of(const FieldSet& sample);
// ConfigError that names the first difference; `where` is the file or sample.
void require_same(const DatasetLayout& found, const DatasetLayout& expected, const std::string& where);

std::int64_t row_size(const FieldLayout& field);
std::int64_t rows_of(const Field& field);
Shape with_rows(const FieldLayout& field, std::int64_t rows);
Slab row_slab(const FieldLayout& field, std::int64_t first, std::int64_t rows);
// Rows in a chunk: about 64 KiB.
std::int64_t chunk_rows(const FieldLayout& field);
constexpr std::int64_t offset_chunk = 1024;

// The structure of the file; IoError when it is no dataset or contradicts itself.
struct DatasetContent {
  std::int64_t size = 0;
  DatasetLayout layout;
  std::map<std::string, std::vector<std::int64_t>> offsets;  // of fields that are no scalars: size + 1 numbers
};
DatasetContent read_content(const Hdf5File& file);

// The empty file of a layout. `temporary` exists and is empty.
void make_dataset_file(const std::string& temporary, const DatasetLayout& layout);

// Rows of each field (in the order of the layout) of each of some new samples.
using SampleRows = std::vector<std::vector<std::int64_t>>;
// Gives space to the samples after the first `from`: sample by sample, field by field, a chunk when one begins, so that
// places in the file do not depend on when samples were committed. `total` are the fields' rows, before and after.
void grow(Hdf5File& file, const DatasetLayout& layout, const SampleRows& rows, std::int64_t from,
          std::vector<std::int64_t>& total);
// The offsets of those samples; `before` are the fields' rows without them.
void write_offsets(Hdf5File& file, const DatasetLayout& layout, const SampleRows& rows, std::int64_t from,
                   const std::vector<std::int64_t>& before);
// The first `keep` samples of the dataset at `source` in the empty one at `temporary`.
void copy_samples(const std::string& source, const std::string& temporary, std::int64_t keep);

}  // namespace locum::io
