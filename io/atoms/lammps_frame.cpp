#include "io/atoms/lammps_frame.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <optional>
#include <string_view>

#include "io/atoms/words.hpp"
#include "kokkos_kernels/base/cell.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

int element_of_mass(double mass) {
  int nearest = 1;
  for (int z = 1; z <= 103; ++z)
    if (std::abs(atomic_mass(z) - mass) < std::abs(atomic_mass(nearest) - mass)) nearest = z;
  // Inputs give standard masses with two digits or more; the nearest pair of elements, Co and Ni, is 0.24 u apart.
  return std::abs(atomic_mass(nearest) - mass) < 0.05 ? nearest : 0;
}

// Box and columns of a frame, and its atoms.
class FrameParser {
 public:
  FrameParser(std::istream& in, const std::string& name, std::int64_t line, const std::vector<std::string>& elements)
      : in_(in), name_(name), line_(line), elements_(elements) {}

  FieldSet frame() {
    while (next()) {
      if (line_text_.starts_with("ITEM: TIMESTEP")) {
        timestep_ = integer("the timestep");
      } else if (line_text_.starts_with("ITEM: NUMBER OF ATOMS")) {
        count_ = integer("the number of atoms");
        if (count_ < 0) fail("found " + std::to_string(count_) + " atoms");
      } else if (line_text_.starts_with("ITEM: BOX BOUNDS")) {
        box();
      } else if (line_text_.starts_with("ITEM: ATOMS")) {
        columns();
        atoms();
        return sample();
      } else if (line_text_.starts_with("ITEM: ")) {
        if (!next()) fail("the file ends after '" + line_text_ + "'");  // UNITS, TIME: one line
      } else {
        fail("found '" + line_text_.substr(0, 60) + "', a line with ITEM: was expected");
      }
    }
    fail("the file ends within a frame, before ITEM: ATOMS", "it may have been cut short");
  }

 private:
  bool next() {
    ++line_;
    return static_cast<bool>(std::getline(in_, line_text_));
  }
  [[noreturn]] void fail(const std::string& what, const std::string& hint = "") const {
    throw ConfigError(what, name_ + ":" + std::to_string(line_), hint);
  }
  std::int64_t integer(const std::string& what) {
    if (!next()) fail("the file ends before " + what, "it may have been cut short");
    const auto words = split(line_text_);
    const auto value = words.size() == 1 ? number<std::int64_t>(words[0]) : std::nullopt;
    if (!value) fail("found '" + line_text_.substr(0, 60) + "', " + what + " was expected");
    return *value;
  }
  double finite(std::string_view word, const std::string& what) const {
    const auto value = number<double>(word);
    if (!value || !std::isfinite(*value))
      fail("found '" + std::string(word) + "' for " + what + ", a finite number was expected");
    return *value;
  }

  // Three lines of numbers. docs.lammps.org/dump.html: "lo hi" orthogonal, "lo hi tilt" with the bounds of the
  // triclinic box, "vector origin" for a general one (abc origin).
  void box() {
    const std::string kind = line_text_;
    const bool general = kind.find("abc origin") != std::string::npos;
    const bool tilted = !general && kind.find("xy xz yz") != std::string::npos;
    const std::size_t width = general ? 4 : tilted ? 3 : 2;
    double value[3][4] = {};
    for (auto& row : value) {
      if (!next()) fail("the file ends within the box", "it may have been cut short");
      const auto words = split(line_text_);
      if (words.size() != width)
        fail("found " + std::to_string(words.size()) + " numbers of the box, " + std::to_string(width) +
             " were expected after '" + kind.substr(0, 60) + "'");
      for (std::size_t k = 0; k < width; ++k) row[k] = finite(words[k], "the box");
    }
    boundary(kind);
    if (general) {
      for (int r = 0; r < 3; ++r) {
        for (int d = 0; d < 3; ++d) cell_[r][d] = value[r][d];
        origin_[r] = value[r][3];
      }
    } else {
      const double xy = value[0][2], xz = value[1][2], yz = value[2][2];
      const double low_x = value[0][0] - std::min({0.0, xy, xz, xy + xz});
      const double high_x = value[0][1] - std::max({0.0, xy, xz, xy + xz});
      const double low_y = value[1][0] - std::min(0.0, yz), high_y = value[1][1] - std::max(0.0, yz);
      origin_ = {low_x, low_y, value[2][0]};
      cell_ = Mat3{};
      cell_[0][0] = high_x - low_x;
      cell_[1][0] = xy, cell_[1][1] = high_y - low_y;
      cell_[2][0] = xz, cell_[2][1] = yz, cell_[2][2] = value[2][1] - value[2][0];
    }
    if (!(std::abs(determinant(cell_)) > 1e-12)) fail("the box has no volume");
    has_box_ = true;
  }

  // Words like pp, ff, ps in the order x, y, z.
  void boundary(const std::string& kind) {
    std::vector<std::int64_t> periodic;
    for (const auto word : split(kind))
      if (word.size() == 2 && word.find_first_not_of("pfsm") == std::string_view::npos)
        periodic.push_back(word == "pp");
    if (periodic.size() == 3) periodic_ = periodic;
  }

  void columns() {
    const auto words = split(std::string_view(line_text_).substr(std::strlen("ITEM: ATOMS")));
    width_ = words.size();
    auto find = [&](std::string_view name) {
      const auto found = std::find(words.begin(), words.end(), name);
      return found == words.end() ? -1 : static_cast<int>(found - words.begin());
    };
    id_ = find("id"), type_ = find("type"), element_ = find("element"), mass_ = find("mass");
    // Unwrapped places first: only they tell how an atom came where it is; others are the same but for whole cells.
    for (const char* kind : {"u", "", "su", "s"}) {
      for (int d = 0; d < 3; ++d) place_[d] = find(std::string(1, "xyz"[d]) + kind);
      scaled_ = kind[0] == 's';
      if (place_[0] >= 0 && place_[1] >= 0 && place_[2] >= 0) break;
    }
    if (place_[0] < 0 || place_[1] < 0 || place_[2] < 0)
      fail("found no columns x y z, xs ys zs, xu yu zu or xsu ysu zsu", "positions are needed");
    if (elements_.empty() && element_ < 0 && mass_ < 0)
      fail("found no column element or mass", "name the elements of the types 1, 2, …");
    if (!elements_.empty() && type_ < 0) fail("found no column type, to which the given elements belong");
    if (!has_box_) fail("found atoms before ITEM: BOX BOUNDS");
    if (count_ < 0) fail("found atoms before ITEM: NUMBER OF ATOMS");
  }

  int element(const std::vector<std::string_view>& words) const {
    if (!elements_.empty()) {
      const auto type = number<std::int64_t>(words[static_cast<std::size_t>(type_)]);
      if (!type || *type < 1 || *type > static_cast<std::int64_t>(elements_.size()))
        fail("found the type '" + std::string(words[static_cast<std::size_t>(type_)]) + "', 1 … " +
                 std::to_string(elements_.size()) + " was expected",
             "name the elements of all types");
      return named(elements_[static_cast<std::size_t>(*type - 1)]);
    }
    if (element_ >= 0) return named(std::string(words[static_cast<std::size_t>(element_)]));
    const double mass = finite(words[static_cast<std::size_t>(mass_)], "the mass");
    const int z = element_of_mass(mass);
    if (z == 0) fail("no element has the mass " + std::to_string(mass) + " u", "name the elements of the types");
    return z;
  }

  int named(const std::string& symbol) const {
    try {
      return atomic_number(symbol);
    } catch (const ConfigError& error) {
      fail("found the element '" + symbol + "', a chemical element was expected", error.hint());
    }
  }

  void atoms() {
    for (std::int64_t atom = 0; atom < count_; ++atom) {
      if (!next())
        fail("the file ends after " + std::to_string(atom) + " of " + std::to_string(count_) + " atoms",
             "it may have been cut short, or LAMMPS still writes it");
      const auto words = split(line_text_);
      if (words.size() != width_)
        fail("found " + std::to_string(words.size()) + " columns, " + std::to_string(width_) + " were expected");
      Vec3 place;
      for (int d = 0; d < 3; ++d) place[d] = finite(words[static_cast<std::size_t>(place_[d])], "a position");
      if (scaled_)
        place = place.x * cell_.row(0) + place.y * cell_.row(1) + place.z * cell_.row(2);
      else
        place = place - origin_;
      positions_.push_back(place);
      numbers_.push_back(element(words));
      const auto id = id_ < 0 ? std::optional(atom) : number<std::int64_t>(words[static_cast<std::size_t>(id_)]);
      if (!id) fail("found '" + std::string(words[static_cast<std::size_t>(id_)]) + "' for the id");
      ids_.push_back(*id);
    }
  }

  FieldSet sample() const {
    std::vector<std::size_t> order(ids_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ids_[a] < ids_[b]; });
    std::vector<double> position, cell;
    std::vector<std::int64_t> atomic_number;
    for (const auto k : order) {
      for (int d = 0; d < 3; ++d) position.push_back(positions_[k][d]);
      atomic_number.push_back(numbers_[k]);
    }
    for (int r = 0; r < 3; ++r)
      for (int d = 0; d < 3; ++d) cell.push_back(cell_[r][d]);
    FieldSet sample;
    sample.add("position", "Angstrom", {count_, 3}, std::move(position));
    sample.add("atomic_number", "1", {count_}, std::move(atomic_number));
    sample.add("cell", "Angstrom", {3, 3}, std::move(cell));
    sample.add("timestep", "1", {}, std::vector<std::int64_t>{timestep_});
    if (periodic_ != std::vector<std::int64_t>{1, 1, 1}) sample.add("pbc", "1", {3}, periodic_);
    return sample;
  }

  std::istream& in_;
  const std::string& name_;
  std::int64_t line_;
  const std::vector<std::string>& elements_;
  std::string line_text_;
  std::int64_t timestep_ = 0, count_ = -1;
  bool has_box_ = false, scaled_ = false;
  Mat3 cell_;
  Vec3 origin_;
  std::vector<std::int64_t> periodic_ = {1, 1, 1};
  std::size_t width_ = 0;
  int id_ = -1, type_ = -1, element_ = -1, mass_ = -1, place_[3] = {-1, -1, -1};
  std::vector<Vec3> positions_;
  std::vector<int> numbers_;
  std::vector<std::int64_t> ids_;
};

}  // namespace

FieldSet parse_lammps_frame(std::istream& in, const std::string& name, std::int64_t line,
                            const std::vector<std::string>& elements) {
  return FrameParser(in, name, line, elements).frame();
}

}  // namespace locum::io
