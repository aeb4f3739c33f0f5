// Who may include whom: the picture in docs/architecture.md, kept by this test.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "tests/structure/source_tree.hpp"

namespace locum::structure {
namespace {

// "solvers/md/verlet.cpp" → "solvers/md"; the first two folders for modules, one for io, apps and tests.
std::string module_of(const std::string& path) {
  const auto first = path.find('/');
  const std::string top = path.substr(0, first);
  if (top != "kokkos_kernels" && top != "solvers" && top != "surrogates") return top;
  return path.substr(0, path.find('/', first + 1));
}

// The folders that a module may include from, itself apart.
std::vector<std::string> known_to(const std::string& module) {
  if (module == "apps") return {"kokkos_kernels", "solvers", "surrogates", "io"};
  if (module == "tests") return {"kokkos_kernels", "solvers", "surrogates", "io", "apps"};
  if (module == "io") return {"kokkos_kernels/base"};
  if (within(module, "kokkos_kernels")) return {"kokkos_kernels/base"};
  if (within(module, "solvers")) return {"solvers/api", "kokkos_kernels"};
  // What serves every domain must not know one: no arrow to surrogates/potential but its own.
  if (within(module, "surrogates"))
    return {"solvers/api", "kokkos_kernels", "surrogates/nn", "surrogates/train", "surrogates/gate"};
  return {};
}

bool allowed(const std::string& from, const std::string& to) {
  const std::string module = module_of(from);
  const auto known = known_to(module);
  return within(to, module) || std::any_of(known.begin(), known.end(), [&](const auto& f) { return within(to, f); });
}

// Headers of other libraries, and the only folders that may include them.
struct Library {
  std::string header_prefix;
  std::vector<std::string> folders;
};
const std::vector<Library>& libraries() {
  static const std::vector<Library> list = {
      {"Kokkos_", {"kokkos_kernels/base/kokkos.hpp"}},
      {"cblas", {"kokkos_kernels/linalg"}},
      {"lapack", {"kokkos_kernels/linalg"}},
      {"cublas", {"kokkos_kernels/linalg"}},
      {"cusolver", {"kokkos_kernels/linalg"}},
      {"nccl", {"kokkos_kernels/collective"}},
      {"fftw", {"kokkos_kernels/fft"}},
      {"cufft", {"kokkos_kernels/fft"}},
      {"cudnn", {"kokkos_kernels/conv"}},
      {"oneapi/dnnl", {"kokkos_kernels/conv"}},
      {"hdf5", {"io", "apps/info.cpp"}},  // info names the version
      {"toml++", {"io"}},
      {"CLI/", {"apps"}},
      {"spdlog/", {"kokkos_kernels/base"}},
  };
  return list;
}

std::string joined(const std::set<std::string>& lines) {
  std::ostringstream text;
  for (const auto& line : lines) text << "\n  " << line;
  return text.str();
}

TEST(IncludeArrows, AnArrowIsReadAsThePictureDrawsIt) {
  EXPECT_TRUE(allowed("apps/learn.cpp", "io/toml/toml.hpp"));
  EXPECT_TRUE(allowed("solvers/md/verlet.cpp", "solvers/api/step.hpp"));
  EXPECT_TRUE(allowed("surrogates/potential/invariants/core.cpp", "surrogates/nn/dense.hpp"));
  EXPECT_FALSE(allowed("solvers/md/verlet.cpp", "solvers/quantum/tight_binding.hpp"));
  EXPECT_FALSE(allowed("solvers/md/verlet.cpp", "io/trajectory/trajectory.hpp"));
  EXPECT_FALSE(allowed("surrogates/gate/gate.hpp", "surrogates/potential/invariants/core.hpp"));
  EXPECT_FALSE(allowed("surrogates/train/trainer.cpp", "solvers/quantum/tight_binding.hpp"));
  EXPECT_FALSE(allowed("io/dataset/dataset.cpp", "solvers/api/atomistic.hpp"));
  EXPECT_FALSE(allowed("kokkos_kernels/linalg/dense.hpp", "kokkos_kernels/neighbor/neighbor_list.hpp"));
  EXPECT_FALSE(allowed("apps/learn.cpp", "tests/support/toy.hpp"));
}

TEST(IncludeArrows, EveryIncludeFollowsAnArrow) {
  const std::set<std::string> generated = {"locum_build.hpp"};
  std::set<std::string> wrong;
  for (const auto& source : source_files()) {
    for (const auto& include : source.includes) {
      if (!include.quoted || generated.contains(include.name)) continue;
      if (!std::filesystem::exists(std::filesystem::path(LOCUM_SOURCE_DIR) / include.name))
        wrong.insert(source.at(include.line) + " includes \"" + include.name + "\", which is no path from the root");
      else if (!allowed(source.path, include.name))
        wrong.insert(source.at(include.line) + " includes \"" + include.name + "\"");
    }
  }
  EXPECT_TRUE(wrong.empty()) << "Arrows that docs/architecture.md does not have:" << joined(wrong);
}

TEST(IncludeArrows, LibrariesStayInTheFoldersThatWrapThem) {
  std::set<std::string> wrong;
  for (const auto& source : source_files()) {
    if (within(source.path, "tests")) continue;
    for (const auto& include : source.includes) {
      for (const auto& library : libraries()) {
        const auto& folders = library.folders;
        if (include.name.starts_with(library.header_prefix) && !include.quoted &&
            std::none_of(folders.begin(), folders.end(), [&](const auto& f) { return within(source.path, f); }))
          wrong.insert(source.at(include.line) + " includes <" + include.name + ">, which belongs in " + folders[0]);
      }
    }
  }
  EXPECT_TRUE(wrong.empty()) << joined(wrong);
}

}  // namespace
}  // namespace locum::structure
