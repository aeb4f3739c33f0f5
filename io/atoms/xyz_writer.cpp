#include <fmt/format.h>

#include "io/atomic_file.hpp"
#include "io/atoms/xyz.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// Real numbers keep a point or an exponent, so that they come back as real ones.
std::string text(double v) {
  std::string all = fmt::format("{}", v);
  if (all.find_first_not_of("-0123456789") == std::string::npos) all += ".0";
  return all;
}
std::string text(std::int64_t v) { return std::to_string(v); }

std::string list(const Field& field) {
  std::string all;
  std::visit(
      [&](const auto& values) {
        for (const auto& v : values) {
          if (!all.empty()) all += ' ';
          all += text(v);
        }
      },
      field.values);
  return all;
}

bool per_atom(const std::string& name, const Field& field, std::int64_t atoms) {
  if (name == "position" || name == "atomic_number" || name == "force") return true;
  if (name == "cell" || name == "virial" || name == "pbc" || field.shape.empty() || field.shape[0] != atoms)
    return false;
  // A (3,3) of three atoms, or a vector of as many numbers as atoms, cannot be told apart: nine numbers are a matrix.
  return field.shape.size() <= 2 && !(field.shape.size() == 2 && field.size() == 9);
}

// Between quotes where it is more than one plain word.
std::string quoted(const std::string& word) {
  if (word.find_first_of(" \t\"'\\=,{}[]") == std::string::npos) return word;
  std::string all = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') all += '\\';
    all += c;
  }
  return all + '"';
}

std::string file_name(const std::string& field) {
  return field == "position" ? "pos" : field == "force" ? "forces" : field == "cell" ? "Lattice" : field;
}

void require_rows(const std::string& name, const Field& field, std::vector<std::int64_t> shape) {
  if (field.shape != shape) throw ConfigError("field '" + name + "' has another shape than an XYZ file needs");
}

void append_frame(std::string& out, const FieldSet& sample) {
  const auto& species = sample.integer("atomic_number");
  const auto atoms = static_cast<std::int64_t>(species.size());
  require_rows("position", sample.at("position"), {atoms, 3});
  std::string properties = "species:S:1", comment;
  std::vector<const Field*> columns;
  // Positions first: many readers expect them there.
  auto add_column = [&](const std::string& name, const Field& field) {
    const std::int64_t width = field.shape.size() == 2 ? field.shape[1] : 1;
    properties += fmt::format(":{}:{}:{}", file_name(name), field.values.index() ? 'I' : 'R', width);
    columns.push_back(&field);
  };
  add_column("position", sample.at("position"));
  for (const auto& [name, field] : sample.fields()) {
    if (name == "position" || name == "atomic_number" || field.size() == 0) continue;
    if (name == "config_type" && field.unit == "utf-8") {
      comment += fmt::format(" config_type={}", quoted(config_type(sample)));
    } else if (per_atom(name, field, atoms)) {
      add_column(name, field);
    } else if (name == "pbc") {
      continue;
    } else if (field.shape.empty()) {
      comment += fmt::format(" {}={}", file_name(name), list(field));
    } else {
      comment += fmt::format(" {}=\"{}\"", file_name(name), list(field));
    }
  }
  std::string boundary = sample.has("cell") ? "T T T" : "F F F";
  if (sample.has("pbc")) {
    require_rows("pbc", sample.at("pbc"), {3});
    boundary.clear();
    for (const auto periodic : sample.integer("pbc")) boundary += periodic ? "T " : "F ";
    boundary.pop_back();
  }
  out += fmt::format("{}\nProperties={}{} pbc=\"{}\"\n", atoms, properties, comment, boundary);
  for (std::int64_t i = 0; i < atoms; ++i) {
    out += element_symbol(static_cast<int>(species[static_cast<std::size_t>(i)]));
    for (const Field* field : columns) {
      const std::int64_t width = field->shape.size() == 2 ? field->shape[1] : 1;
      std::visit(
          [&](const auto& values) {
            for (std::int64_t k = 0; k < width; ++k) {
              out += ' ';
              out += text(values.at(static_cast<std::size_t>(i * width + k)));
            }
          },
          field->values);
    }
    out += '\n';
  }
}

}  // namespace

std::string to_xyz(const std::vector<FieldSet>& samples) {
  std::string out;
  for (const auto& sample : samples) append_frame(out, sample);
  return out;
}

void write_xyz(const Communicator& comm, const std::string& path, const std::vector<FieldSet>& samples) {
  write_text(comm, path, comm.is_root() ? to_xyz(samples) : "");
}

}  // namespace locum::io
