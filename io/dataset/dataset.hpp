// Labelled samples of any domain in one HDF5 file: what solvers write and training reads.
//
// Every sample is a FieldSet with the same names, units and types. A field's first dimension may differ from sample to
// sample (atoms, say): /samples/NAME/value holds the rows of all samples one after the other, /samples/NAME/offset
// where each begins, value[offset[k] : offset[k + 1]]. A scalar field is /samples/NAME/value with one number a sample.
// Root attributes: format "locum-dataset", format_version 1.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/hdf5/hdf5.hpp"
#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/field_set.hpp"

namespace locum::io {

// What all samples have in common about one field.
struct FieldLayout {
  std::string unit;
  Number number = Number::real;
  bool scalar = false;
  Shape row;  // dimensions after the first
  bool operator==(const FieldLayout&) const = default;
};
using DatasetLayout = std::map<std::string, FieldLayout>;

// All calls are collective, but add().
class DatasetWriter {
 public:
  // keep_samples: −1 begins anew (what is at `path` is replaced at the first commit); otherwise so many samples of the
  // file are kept, and the rest is cut off at the next commit (restart). IoError when they are not there.
  DatasetWriter(const Communicator& comm, std::string path, std::int64_t keep_samples = -1);

  // Keeps this rank's samples in memory. ConfigError when names, units, types or dimensions differ from earlier samples
  // of this rank; those of other ranks are compared at commit.
  void add(std::vector<FieldSet> samples);
  // A new complete file: the old samples, then those of rank 0, of rank 1, …; flushed, renamed over the old one. On
  // failure IoError on all ranks: the file is what it was, the samples are still in memory. Costs a copy of the file
  // where the file system cannot copy by reference.
  void commit();

  std::int64_t size() const { return committed_; }  // in the file, for the checkpoint
  std::int64_t pending() const { return static_cast<std::int64_t>(samples_.size()); }  // of this rank

 private:
  void check_old_file();
  void agree_on_layout();
  // Rows of field after field of the pending samples of every rank, in order of rank.
  struct Plan;
  Plan make_plan() const;
  void write_structure(const std::string& temporary, const Plan& plan) const;
  void write_rows(const std::string& temporary, const Plan& plan) const;

  Communicator comm_;
  std::string path_;
  std::int64_t committed_ = 0;
  bool replace_ = true, cut_ = false;
  DatasetLayout layout_;  // empty until the first sample
  std::vector<FieldSet> samples_;
};

// Reads samples, each rank by itself and only what it asks for.
class Dataset {
 public:
  // Collective: all ranks throw together. IoError for a file that is missing, damaged or no dataset.
  Dataset(const Communicator& comm, const std::string& path);

  std::int64_t size() const { return size_; }
  const DatasetLayout& layout() const { return layout_; }
  std::vector<std::string> field_names() const;

  FieldSet sample(std::int64_t k) const;
  std::vector<FieldSet> samples(std::int64_t first, std::int64_t last) const;  // [first, last)
  // Only those of the fields that are named and there.
  std::vector<FieldSet> samples(std::int64_t first, std::int64_t last, const std::vector<std::string>& names) const;
  // A scalar field of all samples (trajectory, temperature, weight …).
  std::vector<double> real_column(const std::string& name) const;
  std::vector<std::int64_t> integer_column(const std::string& name) const;

 private:
  void read_field(const std::string& name, std::int64_t first, std::int64_t last, std::vector<FieldSet>& all) const;
  Hdf5File file_;
  std::int64_t size_ = 0;
  DatasetLayout layout_;
  std::map<std::string, std::vector<std::int64_t>> offsets_;
};

}  // namespace locum::io
