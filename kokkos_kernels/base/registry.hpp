// Factories by name. A failed look-up lists the known names; each registry is filled in one visible function.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kokkos_kernels/base/config.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum {

template <class Factory>
class Registry {
 public:
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}
  void add(const std::string& name, Factory factory) { factories_.emplace(name, std::move(factory)); }
  const Factory& at(const std::string& name) const {
    const auto found = factories_.find(name);
    if (found != factories_.end()) return found->second;
    std::string hint = "known: ";
    for (const auto& known : names()) hint += (known == names().front() ? "" : ", ") + known;
    const std::string nearest = nearest_word(name, names());
    throw ConfigError("there is no " + kind_ + " '" + name + "'", "", (nearest.empty() ? "" : "did you mean '" + nearest + "'? ") + hint);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : factories_) all.push_back(entry.first);
    return all;
  }

 private:
  std::string kind_;
  std::map<std::string, Factory> factories_;
};

}  // namespace locum
