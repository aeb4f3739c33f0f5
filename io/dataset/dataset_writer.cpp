#include <algorithm>
#include <sstream>

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/dataset/dataset_layout.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// A layout as text and back, for a broadcast. Names and units go by length, so that they may hold anything.
std::string pack(const DatasetLayout& layout) {
  std::ostringstream out;
  auto put = [&](const std::string& text) { out << text.size() << ' ' << text << ' '; };
  for (const auto& [name, field] : layout) {
    put(name);
    put(field.unit);
    out << static_cast<int>(field.number) << ' ' << field.scalar << ' ' << field.row.size() << ' ';
    for (const auto extent : field.row) out << extent << ' ';
  }
  return out.str();
}

DatasetLayout unpack(const std::string& text) {
  std::istringstream in(text);
  auto get = [&] {
    std::size_t size = 0;
    in >> size;
    in.get();
    std::string word(size, '\0');
    in.read(word.data(), static_cast<std::streamsize>(size));
    return word;
  };
  DatasetLayout layout;
  while (in >> std::ws && in.peek() != std::istringstream::traits_type::eof()) {
    const std::string name = get();
    FieldLayout field;
    field.unit = get();
    int number = 0;
    std::size_t dimensions = 0;
    in >> number >> field.scalar >> dimensions;
    field.number = static_cast<Number>(number);
    field.row.resize(dimensions);
    for (auto& extent : field.row) in >> extent;
    layout.emplace(name, field);
  }
  return layout;
}

}  // namespace

struct DatasetWriter::Plan {
  std::int64_t samples = 0;  // of all ranks
  std::uint64_t bytes = 0;   // of the whole new file, at most
  // Of each field, in the order of the layout: rows of each sample of all ranks, and of this rank the first row.
  std::vector<std::vector<std::int64_t>> rows;
  std::vector<std::int64_t> first_row;  // after the committed ones
  std::int64_t first_sample = 0;
};

DatasetWriter::DatasetWriter(const Communicator& comm, std::string path, std::int64_t keep_samples)
    : comm_(comm), path_(std::move(path)) {
  if (keep_samples <= 0) return;
  committed_ = keep_samples;
  check_old_file();
}

void DatasetWriter::check_old_file() {
  int cut = 0;
  std::string layout;
  on_root(comm_, [&] {
    const auto content = read_content(Hdf5File::open(path_));
    if (content.size < committed_)
      throw IoError("the dataset has " + std::to_string(content.size) + " samples, the checkpoint knows of " +
                        std::to_string(committed_),
                    path_, "dataset and checkpoint are not of the same run: restart from the right folder");
    cut = content.size > committed_;
    layout = pack(content.layout);
  });
  comm_.broadcast(cut);
  comm_.broadcast(layout);
  layout_ = unpack(layout);
  cut_ = cut != 0;
  replace_ = false;
}

void DatasetWriter::add(std::vector<FieldSet> samples) {
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const auto layout = layout_of(samples[k]);
    if (layout.empty()) throw ConfigError("the sample has no fields", path_);
    for (const auto& [name, field] : layout)
      if (name.empty() || name.find('/') != std::string::npos)
        throw ConfigError("'" + name + "' cannot name a field", path_);
    if (layout_.empty()) layout_ = layout;
    require_same(layout, layout_, path_ + ", sample " + std::to_string(k) + " of those added");
  }
  for (auto& sample : samples) samples_.push_back(std::move(sample));
}

// Every rank takes the layout of the lowest rank that has one.
void DatasetWriter::agree_on_layout() {
  const int first = comm_.min(layout_.empty() ? comm_.size() : comm_.rank());
  if (first == comm_.size()) return;
  std::string text = pack(layout_);
  comm_.broadcast(text, first);
  const auto layout = unpack(text);
  together(comm_, [&] {
    if (!layout_.empty()) require_same(layout_, layout, path_ + ", samples of rank " + std::to_string(comm_.rank()));
  });
  layout_ = layout;
}

DatasetWriter::Plan DatasetWriter::make_plan() const {
  Plan plan;
  std::vector<std::int64_t> mine;  // sample after sample, field after field
  for (const auto& sample : samples_)
    for (const auto& [name, field] : layout_) mine.push_back(rows_of(sample.at(name)));
  const auto all = comm_.all_gather(std::span<const std::int64_t>(mine));
  const std::size_t fields = layout_.size();
  plan.samples = fields ? static_cast<std::int64_t>(all.size() / fields) : 0;
  const auto before = comm_.all_gather(std::span<const std::int64_t>(std::vector<std::int64_t>{pending()}));
  for (int r = 0; r < comm_.rank(); ++r) plan.first_sample += before[static_cast<std::size_t>(r)];
  plan.rows.resize(fields);
  for (std::size_t f = 0; f < fields; ++f) {
    for (std::int64_t k = 0; k < plan.samples; ++k)
      plan.rows[f].push_back(all[static_cast<std::size_t>(k) * fields + f]);
    std::int64_t first = 0;
    for (std::int64_t k = 0; k < plan.first_sample; ++k) first += plan.rows[f][static_cast<std::size_t>(k)];
    plan.first_row.push_back(first);
  }
  return plan;
}

namespace {

// Rows of each field in a file.
std::vector<std::int64_t> present_rows(const Hdf5File& file, const DatasetLayout& layout) {
  std::vector<std::int64_t> rows;
  for (const auto& [name, field] : layout) rows.push_back(file.shape(value_of(name)).at(0));
  return rows;
}

}  // namespace

void DatasetWriter::write_structure(const std::string& temporary, const Plan& plan) const {
  auto file = Hdf5File::modify(temporary);
  const auto before = present_rows(file, layout_);
  auto rows = before;
  grow(file, layout_, plan.rows, committed_, rows);
  write_offsets(file, layout_, plan.rows, committed_, before);
  file.close();
}

void DatasetWriter::write_rows(const std::string& temporary, const Plan& plan) const {
  std::vector<std::int64_t> before;
  on_root(comm_, [&] {
    const auto file = Hdf5File::open(temporary);
    before = present_rows(file, layout_);
    for (std::size_t f = 0; f < before.size(); ++f)
      for (const auto rows : plan.rows[f]) before[f] -= rows;
  });
  broadcast_long(comm_, before);
  auto file = Hdf5File::modify_together(comm_, temporary);
  std::size_t f = 0;
  for (const auto& [name, field] : layout_) {
    Values values;
    if (field.number == Number::integer) values = std::vector<std::int64_t>();
    std::int64_t rows = 0;
    for (const auto& sample : samples_) {
      const Field& part = sample.at(name);
      rows += rows_of(part);
      std::visit(
          [&](auto& all) {
            const auto& more = std::get<std::decay_t<decltype(all)>>(part.values);
            all.insert(all.end(), more.begin(), more.end());
          },
          values);
    }
    file.write_slab(value_of(name), row_slab(field, before[f] + plan.first_row[f], rows), values);
    ++f;
  }
  file.close();
}

void DatasetWriter::commit() {
  agree_on_layout();
  Plan plan = make_plan();
  if (plan.samples == 0 && !cut_) return;
  AtomicFile target(comm_, path_);
  on_root(comm_, [&] {
    plan.bytes = structure_bytes(3 * layout_.size());
    DatasetContent old;
    if (!replace_) old = read_content(Hdf5File::open(path_));
    std::size_t f = 0;
    for (const auto& [name, field] : layout_) {
      std::int64_t rows = replace_       ? 0
                          : field.scalar ? committed_
                                         : old.offsets.at(name).at(static_cast<std::size_t>(committed_));
      for (const auto n : plan.rows[f]) rows += n;
      ++f;
      const auto chunks = static_cast<std::uint64_t>(rows / chunk_rows(field) + 1);
      plan.bytes += chunks * (32 + 8 * static_cast<std::uint64_t>(chunk_rows(field) * row_size(field)));
      plan.bytes += 16 * static_cast<std::uint64_t>(committed_ + plan.samples + offset_chunk);
    }
  });
  comm_.broadcast(plan.bytes);
  target.reserve(plan.bytes);
  if (replace_ || cut_) {
    on_root(comm_, [&] {
      make_dataset_file(target.temporary(), layout_);
      if (cut_) copy_samples(path_, target.temporary(), committed_);
    });
  } else {
    target.copy_current();
    target.reserve(plan.bytes);  // again: a copy by reference brings blocks of its own
  }
  if (plan.samples > 0) {
    on_root(comm_, [&] { write_structure(target.temporary(), plan); });
    write_rows(target.temporary(), plan);
  }
  target.commit();
  committed_ += plan.samples;
  replace_ = cut_ = false;
  samples_.clear();
}

}  // namespace locum::io
