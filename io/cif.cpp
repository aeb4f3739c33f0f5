#include "io/cif.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>
#include <initializer_list>
#include <optional>

#include "io/atomic_file.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

namespace cif = gemmi::cif;

constexpr double b_over_u = 8.0 * units::pi * units::pi;
// Images of a site under symmetry nearer than this are one atom: positions are printed with three digits or more, and
// 0.333 for 1/3 moves an atom by less than 0.01 Å in the largest of cells.
constexpr double same_atom = 0.2;              // Å
constexpr std::size_t most_operations = 1000;  // no space group has more than 192
constexpr std::size_t most_atoms = 1000000;

class Reader {
 public:
  Reader(cif::Block& block, const std::string& name) : block_(block), where_(name + ", block " + block.name) {}

  Crystal crystal() {
    Crystal crystal;
    crystal.name = block_.name;
    crystal.cell = cell();
    const auto operations = symmetry();
    const auto sites = this->sites(Cell(crystal.cell));
    bool any_motion = false;
    for (const auto& site : sites) any_motion = any_motion || site.u > 0;
    for (const auto& site : sites)
      for (const auto& place : orbit(site, operations, crystal.cell)) {
        if (crystal.fractional.size() >= most_atoms) fail("found more than a million atoms in the cell");
        crystal.fractional.push_back(place);
        crystal.atomic_number.push_back(site.atomic_number);
        crystal.occupancy.push_back(site.occupancy);
        if (any_motion) crystal.rms_displacement.push_back(std::sqrt(site.u));
      }
    if (crystal.fractional.empty()) fail("found no atoms", "occupancies of 0 are left out");
    check_occupancy(crystal);
    return crystal;
  }

 private:
  struct Site {
    std::string label;
    int atomic_number = 0;
    Vec3 place;
    double occupancy = 1.0, u = 0.0;  // Å²
  };

  [[noreturn]] void fail(const std::string& what, const std::string& hint = "") const {
    throw ConfigError(what, where_, hint);
  }

  // A number without its uncertainty; nothing for "?" and ".".
  std::optional<double> number(const std::string& word, const std::string& what) const {
    if (cif::is_null(word)) return std::nullopt;
    const double value = cif::as_number(word);
    if (!std::isfinite(value)) fail("found '" + word + "' for " + what + ", a number was expected");
    return value;
  }

  double pair(const std::string& tag) const {
    const std::string* word = block_.find_value(tag);
    const auto value = word ? number(*word, tag) : std::nullopt;
    if (!value) fail("found no " + tag, "the cell is needed: lengths in Å, angles in degrees");
    return *value;
  }

  std::string text(std::initializer_list<const char*> tags) const {
    for (const char* tag : tags)
      if (const std::string* word = block_.find_value(tag); word && !cif::is_null(*word)) return cif::as_string(*word);
    return "";
  }

  Mat3 cell() const {
    const double a = pair("_cell_length_a"), b = pair("_cell_length_b"), c = pair("_cell_length_c");
    double cosine[3], sine_gamma = 1.0;
    const char* const names[] = {"_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
    for (int k = 0; k < 3; ++k) {
      const double degrees = pair(names[k]);
      if (!(degrees > 0.0 && degrees < 180.0))
        fail("found " + std::to_string(degrees) + " for " + names[k] + ", 0 … 180 degrees was expected");
      // Exact where it matters: a right angle must give an orthogonal cell to the last bit.
      cosine[k] = degrees == 90.0 ? 0.0 : degrees == 120.0 ? -0.5 : std::cos(degrees * units::pi / 180.0);
      if (k == 2) sine_gamma = std::sqrt(1.0 - cosine[2] * cosine[2]);
    }
    const double cy = (cosine[0] - cosine[1] * cosine[2]) / sine_gamma;
    const double cz = 1.0 - cosine[1] * cosine[1] - cy * cy;
    const double longest = 1e5;  // Å
    if (!(a > 0 && b > 0 && c > 0 && cz > 1e-12 && a < longest && b < longest && c < longest))
      fail("the lengths " + std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(c) +
           " Å and the angles span no cell");
    Mat3 h;
    h[0][0] = a;
    h[1][0] = b * cosine[2], h[1][1] = b * sine_gamma;
    h[2][0] = c * cosine[1], h[2][1] = c * cy, h[2][2] = c * std::sqrt(cz);
    return h;
  }

  // Listed operations first: they leave no doubt about setting and origin. Then Hall's symbol, then the name.
  std::vector<gemmi::Op> symmetry() const {
    for (const char* tag : {"_space_group_symop_operation_xyz", "_space_group_symop.operation_xyz",
                            "_symmetry_equiv_pos_as_xyz", "_symmetry_equiv.pos_as_xyz"})
      if (const auto column = block_.find_values(tag); column.length() > 0) return listed(column);
    if (const auto hall = text({"_space_group_name_Hall", "_symmetry_space_group_name_Hall"}); !hall.empty())
      return from_group(by_hall(hall).operations());
    const auto name = text({"_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_space_group_name_H-M_ref",
                            "_space_group.name_H-M_alt", "_symmetry.space_group_name_H-M"});
    const auto number = text({"_space_group_IT_number", "_symmetry_Int_Tables_number"});
    const gemmi::SpaceGroup* group = nullptr;
    if (!name.empty())
      group = gemmi::find_spacegroup_by_name(name, pair("_cell_angle_alpha"), pair("_cell_angle_gamma"));
    if (!group && name.empty() && cif::is_numb(number))
      group = gemmi::find_spacegroup_by_number(static_cast<int>(cif::as_number(number)));
    if (group) return from_group(group->operations());
    fail(name.empty() && number.empty() ? "found no symmetry" : "found the space group '" + name + number + "'",
         "give _space_group_symop_operation_xyz, or _space_group_name_H-M_alt: 'P 1' where all atoms are listed");
  }

  // Looked up, not parsed: gemmi's parser of these symbols (0.5.7) writes beyond its array when one is damaged.
  const gemmi::SpaceGroup& by_hall(const std::string& symbol) const {
    auto plain = [](const std::string& text) {
      std::string out;
      for (const char c : text)
        if (c != ' ' && c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      return out;
    };
    for (const auto& group : gemmi::spacegroup_tables::main)
      if (plain(group.hall) == plain(symbol)) return group;
    fail("found Hall's symbol '" + symbol + "', which is no tabulated setting",
         "give _space_group_symop_operation_xyz");
  }

  std::vector<gemmi::Op> listed(cif::Column column) const {
    std::vector<gemmi::Op> operations;
    for (auto& word : column) operations.push_back(gemmi::parse_triplet(cif::as_string(word)));
    for (const auto& operation : operations)
      if (std::abs(operation.det_rot()) != gemmi::Op::DEN * gemmi::Op::DEN * gemmi::Op::DEN)
        fail("the symmetry operation " + operation.triplet() + " does not keep volumes");
    if (operations.size() > most_operations)
      fail("found " + std::to_string(operations.size()) + " symmetry operations, at most 192 exist");
    return operations;
  }

  static std::vector<gemmi::Op> from_group(const gemmi::GroupOps& group) {
    std::vector<gemmi::Op> operations;
    for (const auto& operation : group) operations.push_back(operation);
    return operations;
  }

  int element(const std::string& word, bool is_label) const {
    std::string letters;
    for (std::size_t k = 0; k < word.size() && k < 2 && std::isalpha(static_cast<unsigned char>(word[k])); ++k)
      letters += word[k];
    if (letters.empty()) fail("found '" + word + "' for an atom, a chemical element was expected");
    letters[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(letters[0])));
    const bool capitals = letters.size() == 2 && std::isupper(static_cast<unsigned char>(letters[1]));
    if (capitals) letters[1] = static_cast<char>(std::tolower(static_cast<unsigned char>(letters[1])));
    const int two = letters.size() == 2 ? known(letters) : 0, one = known(letters.substr(0, 1));
    if (is_label && capitals && two && one && word[0] != 'T' && word[0] != 'D')  // TI is no tritium
      fail("the label '" + word + "' may mean " + letters + " or " + letters.substr(0, 1),
           "give _atom_site_type_symbol");
    if (!two && !one) fail("found '" + word + "' for an atom, a chemical element was expected");
    return two ? two : one;
  }

  // 0 for what is no element. Deuterium and tritium scatter electrons as hydrogen does.
  static int known(const std::string& symbol) {
    if (symbol == "D" || symbol == "T") return 1;
    try {
      return atomic_number(symbol);
    } catch (const ConfigError&) {
      return 0;
    }
  }

  std::vector<Site> sites(const Cell& cell) const {
    enum { x, y, z, label, symbol, occupancy, u_iso, b_iso };
    cif::Table table = block_.find("_atom_site_", {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol",
                                                   "?occupancy", "?U_iso_or_equiv", "?B_iso_or_equiv"});
    if (!table.ok()) fail("found no _atom_site_fract_x, _y, _z", "fractional coordinates are needed");
    std::vector<Site> sites;
    for (auto row : table) {
      Site site;
      const bool typed = row.has2(symbol);
      if (!typed && !row.has2(label)) fail("an atom has neither _atom_site_type_symbol nor _atom_site_label");
      if (row.has2(label)) site.label = cif::as_string(row[label]);
      const std::string atom = site.label.empty() ? "atom " + std::to_string(sites.size() + 1) : site.label;
      site.atomic_number = element(typed ? cif::as_string(row[symbol]) : site.label, !typed);
      for (int d = 0; d < 3; ++d) {
        const auto place = number(row[x + d], "a coordinate of " + atom);
        if (!place || std::abs(*place) > 1e3) fail("found no sensible coordinate of " + atom);
        site.place[d] = *place;
      }
      if (row.has(occupancy)) site.occupancy = number(row[occupancy], "the occupancy of " + atom).value_or(1.0);
      if (!(site.occupancy >= 0.0 && site.occupancy <= 1.0 + 1e-6))
        fail("found the occupancy " + std::to_string(site.occupancy) + " of " + atom + ", 0 … 1 was expected");
      std::optional<double> u, b;
      if (row.has(u_iso)) u = number(row[u_iso], "U_iso of " + atom);
      if (row.has(b_iso)) b = number(row[b_iso], "B_iso of " + atom);
      if (b && !u) u = *b / b_over_u;
      site.u = u ? *u : mean_anisotropic(site.label, cell);
      if (!(site.u >= 0.0 && site.u < 10.0))
        fail("found U = " + std::to_string(site.u) + " Å² of " + atom + ", 0 … 10 was expected",
             "U is a mean square displacement along one axis; B = 8π² U");
      if (site.occupancy > 0.0) sites.push_back(site);
    }
    return sites;
  }

  // U_eq = 1/3 Σ_ij U_ij a*_i a*_j (a_i · a_j); 0 where the file has none for the label.
  double mean_anisotropic(const std::string& label, const Cell& cell) const {
    const Mat3 reciprocal = transpose(cell.inverse_vectors());
    for (const bool is_b : {false, true}) {
      const std::string p = is_b ? "B_" : "U_";
      for (auto row :
           block_.find("_atom_site_aniso_", {"label", p + "11", p + "22", p + "33", p + "12", p + "13", p + "23"})) {
        if (cif::as_string(row[0]) != label) continue;
        constexpr int pairs[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
        double sum = 0.0;
        for (int k = 0; k < 6; ++k) {
          const int i = pairs[k][0], j = pairs[k][1];
          const double metric =
              norm(reciprocal.row(i)) * norm(reciprocal.row(j)) * dot(cell.vectors().row(i), cell.vectors().row(j));
          sum += (i == j ? 1.0 : 2.0) * metric * number(row[1 + k], "U of " + label).value_or(0.0);
        }
        return sum / 3.0 / (is_b ? b_over_u : 1.0);
      }
    }
    return 0.0;
  }

  static double distance(const Vec3& s, const Vec3& t, const Mat3& h) {
    double shift[3];
    for (int d = 0; d < 3; ++d) shift[d] = s[d] - t[d] - std::round(s[d] - t[d]);
    double square = 0.0;
    for (int d = 0; d < 3; ++d) {
      const double r = shift[0] * h[0][d] + shift[1] * h[1][d] + shift[2] * h[2][d];
      square += r * r;
    }
    return std::sqrt(square);
  }

  static std::vector<Vec3> orbit(const Site& site, const std::vector<gemmi::Op>& operations, const Mat3& h) {
    std::vector<Vec3> places;
    for (const auto& operation : operations) {
      const auto image = operation.apply_to_xyz({site.place.x, site.place.y, site.place.z});
      const Vec3 place = Cell::wrap({image[0], image[1], image[2]});
      const bool there = std::any_of(places.begin(), places.end(),
                                     [&](const Vec3& other) { return distance(place, other, h) < same_atom; });
      if (!there) places.push_back(place);
    }
    return places;
  }

  // A list that already holds the symmetric copies, read with its symmetry, would give every atom many times.
  void check_occupancy(const Crystal& crystal) const {
    constexpr std::size_t too_many_for_pairs = 5000;
    const std::size_t n = crystal.fractional.size();
    if (n > too_many_for_pairs) return;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = crystal.occupancy[i];
      for (std::size_t j = 0; j < n; ++j)
        if (j != i && distance(crystal.fractional[i], crystal.fractional[j], crystal.cell) < same_atom)
          sum += crystal.occupancy[j];
      if (sum > 1.1)  // printed occupancies are rounded
        fail("atoms within " + std::to_string(same_atom) + " Å of each other have the occupancy " +
                 std::to_string(sum) + " together, at most 1 was expected",
             "where the list holds all atoms of the cell already, its symmetry must be 'P 1'");
    }
  }

  cif::Block& block_;
  std::string where_;
};

cif::Block& choose(cif::Document& document, const std::string& name, const std::string& wanted) {
  std::vector<cif::Block*> found;
  std::string names;
  for (auto& block : document.blocks) {
    if (!block.find_value("_cell_length_a") || block.find_values("_atom_site_fract_x").length() == 0) continue;
    if (!wanted.empty() && block.name != wanted) {
      names += (names.empty() ? "" : ", ") + block.name;
      continue;
    }
    names += (names.empty() ? "" : ", ") + block.name;
    found.push_back(&block);
  }
  if (found.size() == 1) return *found[0];
  if (found.empty() && wanted.empty())
    throw ConfigError("found no block with a cell and fractional coordinates of atoms", name,
                      "a CIF of a crystal structure was expected; mmCIF of a protein is none");
  throw ConfigError(found.empty() ? "found no block '" + wanted + "' with a structure"
                                  : "found " + std::to_string(found.size()) + " structures, one was expected",
                    name, "name one of these blocks: " + names);
}

}  // namespace

Crystal parse_cif(const std::string& text, const std::string& name, const std::string& block) {
  try {
    auto document = cif::read_memory(text.data(), text.size(), name.c_str());
    return Reader(choose(document, name, block), name).crystal();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // gemmi's and pegtl's
    throw ConfigError(std::string("this is no readable CIF: ") + error.what(), name, "it may have been cut short");
  }
}

Crystal read_cif(const Communicator& comm, const std::string& path, const std::string& block) {
  return parse_cif(read_text(comm, path), path, block);
}

}  // namespace locum::io
