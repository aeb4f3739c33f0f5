// TOML into structs of configuration and back, through ConfigVisitor (kokkos_kernels/base/config.hpp).
//
//   auto document = TomlDocument::read(comm, "in.toml");
//   document.set("md.timestep=0.5");                    // --set
//   RunConfig config;
//   read_config(document, config);                      // throws ConfigError naming file:line
//   write_text(comm, "input.toml", to_toml(config));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kokkos_kernels/base/communicator.hpp"
#include "kokkos_kernels/base/config.hpp"

namespace locum::io {

class TomlDocument {
 public:
  // Root reads, every rank parses the same text, and so throws the same error: IoError for a file that cannot be read,
  // ConfigError with file:line for one that is no TOML. Collective.
  static TomlDocument read(const Communicator& comm, const std::string& path);
  // `name` stands for the file in messages.
  static TomlDocument parse(const std::string& text, const std::string& name);
  ~TomlDocument();
  TomlDocument(TomlDocument&&) noexcept;

  // "section.key=value", "list[0].key=value": value is TOML; what is no TOML value is taken as a word. Sections are
  // made. Whether the key exists is seen by read_config. ConfigError when it is no assignment or runs into a value.
  void set(const std::string& assignment);
  bool has(const std::string& key) const;  // "section.key"

 private:
  friend class TomlReader;
  TomlDocument();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Fills structs that visit it. Numbers must keep their range, words their choices; an integer will do for a real
// number.
class TomlReader : public ConfigVisitor {
 public:
  explicit TomlReader(const TomlDocument& document);
  ~TomlReader() override;
  // To be called after visit(): throws ConfigError for the first key in the file that nobody asked for.
  void finish();

  void value(const ConfigKey& key, bool& v) override;
  void value(const ConfigKey& key, int& v) override;
  void value(const ConfigKey& key, std::int64_t& v) override;
  void value(const ConfigKey& key, double& v) override;
  void value(const ConfigKey& key, std::string& v) override;
  void value(const ConfigKey& key, std::vector<double>& v) override;
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override;
  void value(const ConfigKey& key, std::vector<std::string>& v) override;

 protected:
  bool enter(const ConfigKey& key) override;
  void leave() override;
  std::size_t enter_list(const ConfigKey& key, std::size_t present) override;
  void enter_item(const ConfigKey& key, std::size_t index) override;
  void leave_list() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes what it visits as TOML with help, unit, range and choices as comments.
class TomlWriter : public ConfigVisitor {
 public:
  TomlWriter();
  ~TomlWriter() override;
  std::string text() const;

  void value(const ConfigKey& key, bool& v) override;
  void value(const ConfigKey& key, int& v) override;
  void value(const ConfigKey& key, std::int64_t& v) override;
  void value(const ConfigKey& key, double& v) override;
  void value(const ConfigKey& key, std::string& v) override;
  void value(const ConfigKey& key, std::vector<double>& v) override;
  void value(const ConfigKey& key, std::vector<std::int64_t>& v) override;
  void value(const ConfigKey& key, std::vector<std::string>& v) override;

 protected:
  bool enter(const ConfigKey& key) override;
  void leave() override;
  std::size_t enter_list(const ConfigKey& key, std::size_t present) override;
  void enter_item(const ConfigKey& key, std::size_t index) override;
  void leave_list() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// T has visit(ConfigVisitor&). What the document does not mention keeps its value.
template <class T>
void read_config(const TomlDocument& document, T& config) {
  TomlReader reader(document);
  config.visit(reader);
  reader.finish();
}

template <class T>
std::string to_toml(T& config) {
  TomlWriter writer;
  config.visit(writer);
  return writer.text();
}

}  // namespace locum::io
