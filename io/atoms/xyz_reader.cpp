#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "io/atomic_file.hpp"
#include "io/atoms/words.hpp"
#include "io/atoms/xyz.hpp"
#include "io/atoms/xyz_comment.hpp"
#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// Units of what Locum itself writes into a comment; of other keys nothing is known.
std::string unit_of(const std::string& key) {
  for (const char* pure :
       {"timestep", "trajectory", "role", "weight", "energy_weight", "force_weight", "virial_weight"})
    if (key == pure) return "1";
  return key == "temperature" ? "K" : "unspecified";
}

// Names that mean something in a sample, so that no other key or column may take them.
bool reserved(const std::string& name) {
  static const std::vector<std::string> names = {"cell",  "position", "atomic_number", "energy",
                                                 "force", "virial",   "pbc",           "config_type"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// All words as numbers of one type; nothing when one of them is none.
template <class T>
std::optional<std::vector<T>> numbers(const std::vector<std::string_view>& words) {
  std::vector<T> values;
  for (const auto word : words) {
    const auto value = number<T>(word);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

class Parser {
 public:
  Parser(const std::string& text, const std::string& name) : text_(text), name_(name) {}

  std::vector<FieldSet> all() {
    std::vector<FieldSet> samples;
    while (const auto line = next()) {
      if (split(*line).empty()) {  // blank lines may end a file, nothing else
        while (const auto rest = next())
          if (!split(*rest).empty()) fail("found a blank line, the number of atoms was expected", "", 1);
        break;
      }
      samples.push_back(frame(*line));
    }
    if (samples.empty())
      throw ConfigError("found no frame", name_, "an extended XYZ file begins with the number of atoms");
    return samples;
  }

 private:
  std::optional<std::string_view> next() {
    if (at_ >= text_.size()) return std::nullopt;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = std::string_view(text_).substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    return line;
  }

  std::string where(long back = 0) const { return name_ + ":" + std::to_string(line_ - back); }
  [[noreturn]] void fail(const std::string& what, const std::string& hint = "", long back = 0) const {
    throw ConfigError(what, where(back), hint);
  }

  FieldSet frame(std::string_view first) {
    const auto words = split(first);
    const auto count = words.size() == 1 ? number<std::int64_t>(words[0]) : std::nullopt;
    if (!count || *count < 0)
      fail("found '" + std::string(first) + "', the number of atoms was expected",
           "the frame before may have more lines than it says");
    // Every atom takes a line of at least two characters: a wild number is seen before memory is asked for.
    if (static_cast<std::uint64_t>(*count) > text_.size())
      fail("the file ends before " + std::to_string(*count) + " atoms", "it may have been cut short");
    const auto comment = next();
    if (!comment) fail("the file ends before the comment line of a frame", "it may have been cut short");
    const XyzEntries entries = xyz_entries(*comment, where());
    FieldSet sample;
    const auto columns = xyz_columns(entries, where());
    parse_atoms(*count, columns, sample);
    add_entries(entries, sample);
    return sample;
  }

  double finite(std::string_view word, const std::string& what) const {
    const auto value = number<double>(word);
    if (!value || !std::isfinite(*value))
      fail("found '" + std::string(word) + "' for " + what + ", a finite number was expected");
    return *value;
  }

  std::int64_t element(std::string_view word) const {
    std::string symbol(word);
    if (!symbol.empty()) symbol[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(symbol[0])));
    try {
      return atomic_number(symbol);
    } catch (const ConfigError& error) {
      fail("found the species '" + std::string(word) + "', a chemical element was expected", error.hint());
    }
  }

  void parse_atoms(std::int64_t count, const std::vector<XyzColumn>& columns, FieldSet& sample) {
    std::size_t width = 0;
    for (const auto& column : columns) width += column.width;
    std::vector<std::vector<double>> real(columns.size());
    std::vector<std::vector<std::int64_t>> integer(columns.size());
    for (std::int64_t atom = 0; atom < count; ++atom) {
      const auto line = next();
      if (!line)
        fail("the file ends after " + std::to_string(atom) + " of " + std::to_string(count) + " atoms",
             "it may have been cut short");
      const auto words = split(*line);
      if (words.size() != width)
        fail("found " + std::to_string(words.size()) + " columns, " + std::to_string(width) + " were expected",
             "Properties of the comment line say how many columns an atom has");
      std::size_t at = 0;
      for (std::size_t c = 0; c < columns.size(); ++c)
        for (std::size_t k = 0; k < columns[c].width; ++k, ++at) {
          if (columns[c].type == 'R') real[c].push_back(finite(words[at], columns[c].name));
          if (columns[c].type == 'S' && columns[c].name == "species") integer[c].push_back(element(words[at]));
          if (columns[c].type != 'I') continue;
          const auto value = number<std::int64_t>(words[at]);
          if (!value)
            fail("found '" + std::string(words[at]) + "' for " + columns[c].name + ", an integer was expected");
          integer[c].push_back(*value);
        }
    }
    for (std::size_t c = 0; c < columns.size(); ++c) add_column(columns[c], count, real[c], integer[c], sample);
  }

  void add_column(const XyzColumn& column, std::int64_t count, std::vector<double>& real,
                  std::vector<std::int64_t>& integer, FieldSet& sample) {
    const auto width = static_cast<std::int64_t>(column.width);
    const std::vector<std::int64_t> shape =
        width == 1 ? std::vector<std::int64_t>{count} : std::vector<std::int64_t>{count, width};
    const bool species = column.name == "species" || column.name == "Z" || column.name == "numbers";
    std::string name = column.name, unit = unit_of(column.name);
    if (species && (column.type == 'S' || column.type == 'I') && width == 1) {
      if (sample.has("atomic_number")) return;  // the same said twice
      name = "atomic_number", unit = "1";
      for (const auto z : integer)
        if (z < 1 || z > 103) fail("found the atomic number " + std::to_string(z) + ", 1 … 103 was expected");
    } else if (name == "pos") {
      name = "position", unit = "Angstrom";
    } else if ((name == "forces" || name == "force") && column.type == 'R' && width == 3) {
      if (sample.has("force")) return;
      name = "force", unit = "eV/Angstrom";
    } else if (reserved(name)) {
      name = "atom_" + name;  // energy or virial of each atom
    }
    if (sample.has(name)) fail("Properties name " + column.name + " twice");
    if (column.type == 'R') sample.add(name, unit, shape, std::move(real));
    if (!integer.empty() || (count == 0 && (column.type == 'I' || name == "atomic_number")))
      sample.add(name, unit, shape, std::move(integer));
  }

  std::vector<double> nine(const std::string& key, const std::string& value) const {
    const auto words = split(value, " \t\r,[]");
    if (words.size() != 9) fail("found " + std::to_string(words.size()) + " numbers for " + key + ", 9 were expected");
    std::vector<double> values;
    for (const auto word : words) values.push_back(finite(word, key));
    return values;
  }

  void add_entries(const XyzEntries& entries, FieldSet& sample) {
    double volume = 0.0;
    if (const auto lattice = entries.find("Lattice"); lattice != entries.end()) {
      const auto h = nine("Lattice", lattice->second);
      Mat3 cell;
      std::copy(h.begin(), h.end(), &cell.m[0][0]);
      volume = std::abs(determinant(cell));
      sample.add("cell", "Angstrom", {3, 3}, h);
    }
    for (const auto& [key, value] : entries) {
      if (key == "Lattice" || key == "Properties") continue;
      if (key == "energy")
        sample.add_scalar("energy", "eV", finite(value, key));
      else if (key == "virial")
        sample.add("virial", "eV", {3, 3}, nine(key, value));
      else if (key == "stress" && volume > 0.0)
        add_stress(entries.count("virial") != 0, value, volume, sample);
      else if (key == "pbc")
        add_boundary(value, sample);
      else if (key == "config_type")
        add_word(key, value, sample);
      else if (!sample.has(key) && !reserved(key))
        add_other(key, value, sample);
    }
  }

  void add_stress(bool has_virial, const std::string& value, double volume, FieldSet& sample) const {
    auto stress = nine("stress", value);
    if (has_virial) return;
    for (auto& component : stress) component *= -volume;
    sample.add("virial", "eV", {3, 3}, stress);
  }

  void add_word(const std::string& key, const std::string& value, FieldSet& sample) const {
    std::vector<std::int64_t> bytes;
    for (const char c : value) bytes.push_back(static_cast<unsigned char>(c));
    const auto length = static_cast<std::int64_t>(bytes.size());
    sample.add(key, "utf-8", {length}, std::move(bytes));
  }

  void add_boundary(const std::string& value, FieldSet& sample) const {
    std::vector<std::int64_t> periodic;
    for (const auto word : split(value, " \t\r,[]")) {
      const bool yes = word == "T" || word == "True" || word == "true" || word == "1";
      if (!yes && word != "F" && word != "False" && word != "false" && word != "0") break;
      periodic.push_back(yes);
    }
    if (periodic.size() != 3) fail("found pbc=\"" + value + "\", three of T and F were expected");
    if (periodic != std::vector<std::int64_t>{1, 1, 1}) sample.add("pbc", "1", {3}, periodic);
  }

  void add_other(const std::string& key, const std::string& value, FieldSet& sample) const {
    const auto words = split(value, " \t\r,[]");
    if (words.empty() || key.find('/') != std::string::npos) return;
    const auto n = static_cast<std::int64_t>(words.size());
    const std::vector<std::int64_t> shape = n == 1   ? std::vector<std::int64_t>{}
                                            : n == 9 ? std::vector<std::int64_t>{3, 3}
                                                     : std::vector<std::int64_t>{n};
    if (const auto integers = numbers<std::int64_t>(words))
      sample.add(key, unit_of(key), shape, *integers);
    else if (const auto reals = numbers<double>(words);
             reals && std::all_of(reals->begin(), reals->end(), [](double v) { return std::isfinite(v); }))
      sample.add(key, unit_of(key), shape, *reals);
  }

  const std::string& text_;
  std::string name_;
  std::size_t at_ = 0;
  long line_ = 0;
};

}  // namespace

std::string config_type(const FieldSet& sample) {
  std::string word;
  if (sample.has("config_type") && sample.at("config_type").values.index() == 1)
    for (const auto c : sample.integer("config_type")) word += static_cast<char>(c);
  return word;
}

std::vector<FieldSet> parse_xyz(const std::string& text, const std::string& name) { return Parser(text, name).all(); }

std::vector<FieldSet> read_xyz(const Communicator& comm, const std::string& path) {
  return parse_xyz(read_text(comm, path), path);
}

}  // namespace locum::io
