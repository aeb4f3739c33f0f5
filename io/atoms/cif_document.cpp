#include "io/atoms/cif_document.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <gemmi/cif.hpp>
#include <gemmi/numb.hpp>
#include <gemmi/symmetry.hpp>
#include <initializer_list>

#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/units.hpp"

namespace locum::io {
namespace {

namespace cif = gemmi::cif;

constexpr double b_over_u = 8.0 * units::pi * units::pi;
constexpr std::size_t most_operations = 1000;  // no space group has more than 192

class Reader {
 public:
  Reader(cif::Block& block, const std::string& name) : block_(block), where_(name + ", block " + block.name) {}

  CifStructure structure() {
    CifStructure structure;
    structure.name = block_.name;
    structure.where = where_;
    const char* const lengths[] = {"_cell_length_a", "_cell_length_b", "_cell_length_c"};
    const char* const angles[] = {"_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
    for (int k = 0; k < 3; ++k) {
      structure.length[k] = pair(lengths[k]);
      structure.angle[k] = pair(angles[k]);
      if (!(structure.angle[k] > 0.0 && structure.angle[k] < 180.0))
        fail("found " + std::to_string(structure.angle[k]) + " for " + angles[k] + ", 0 … 180 degrees was expected");
    }
    for (const auto& operation : symmetry()) structure.operations.push_back(plain(operation));
    structure.sites = sites();
    return structure;
  }

 private:
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

  static CifOperation plain(const gemmi::Op& operation) {
    CifOperation w{};
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) w[r][c] = static_cast<double>(operation.rot[r][c]) / gemmi::Op::DEN;
      w[r][3] = static_cast<double>(operation.tran[r]) / gemmi::Op::DEN;
    }
    return w;
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

  std::vector<CifSite> sites() const {
    enum { x, y, z, label, symbol, occupancy, u_iso, b_iso };
    cif::Table table = block_.find("_atom_site_", {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol",
                                                   "?occupancy", "?U_iso_or_equiv", "?B_iso_or_equiv"});
    if (!table.ok()) fail("found no _atom_site_fract_x, _y, _z", "fractional coordinates are needed");
    std::vector<CifSite> sites;
    for (auto row : table) {
      CifSite site;
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
      site.u = u;
      if (!u) site.anisotropic = anisotropic(site.label);
      if (site.occupancy > 0.0) sites.push_back(site);
    }
    return sites;
  }

  // U_11, U_22, U_33, U_12, U_13, U_23 of the label; nothing where the file has none.
  std::optional<std::array<double, 6>> anisotropic(const std::string& label) const {
    for (const bool is_b : {false, true}) {
      const std::string p = is_b ? "B_" : "U_";
      for (auto row :
           block_.find("_atom_site_aniso_", {"label", p + "11", p + "22", p + "33", p + "12", p + "13", p + "23"})) {
        if (cif::as_string(row[0]) != label) continue;
        std::array<double, 6> u{};
        for (int k = 0; k < 6; ++k) u[k] = number(row[1 + k], "U of " + label).value_or(0.0) / (is_b ? b_over_u : 1.0);
        return u;
      }
    }
    return std::nullopt;
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

CifStructure read_cif_structure(const std::string& text, const std::string& name, const std::string& block) {
  try {
    auto document = cif::read_memory(text.data(), text.size(), name.c_str());
    return Reader(choose(document, name, block), name).structure();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {  // gemmi's and pegtl's
    throw ConfigError(std::string("this is no readable CIF: ") + error.what(), name, "it may have been cut short");
  }
}

}  // namespace locum::io
