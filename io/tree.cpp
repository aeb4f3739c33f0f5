#include "io/tree.hpp"

#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

// Descends from `group`; `prefix` is its path from where the search began.
void search(const Hdf5File& file, const std::string& group, const std::string& prefix, bool for_groups,
            std::vector<std::string>& found) {
  for (const auto& name : file.names(group)) {
    const std::string object = (group == "/" ? "" : group) + "/" + name, path = prefix + name;
    if (file.is_dataset(object)) {
      if (!for_groups) found.push_back(path);
      continue;
    }
    const bool is_set = file.has_attribute(object, "fields");
    if (is_set && for_groups) found.push_back(path);
    if (!is_set || for_groups) search(file, object, path + "/", for_groups, found);
  }
}

}  // namespace

namespace detail {

std::uint64_t field_bytes(const FieldSet& fields) {
  std::uint64_t bytes = 0;
  for (const auto& [name, field] : fields.fields()) bytes += 8 * static_cast<std::uint64_t>(field.size());
  return bytes + structure_bytes(fields.fields().size());
}

void write_header(Hdf5File& file, const std::string& format, int version,
                  const std::map<std::string, std::string>& attributes) {
  file.write_attribute("/", "format", format);
  file.write_attribute("/", "format_version", std::int64_t{version});
  file.make_group("/attributes");
  for (const auto& [name, text] : attributes) file.write_attribute("/attributes", name, text);
}

std::map<std::string, std::string> read_header(const Hdf5File& file, const std::string& format, int version) {
  const std::string found = file.has_attribute("/", "format") ? file.text_attribute("/", "format") : "";
  if (found != format)
    throw IoError(
        "this file's format is " + (found.empty() ? "unknown" : "'" + found + "'") + ", '" + format + "' was expected",
        file.path(), "give a file that Locum wrote for this purpose; `locum inspect` says what a file is");
  const auto numbers = file.integer_attribute("/", "format_version");
  if (numbers.size() != 1 || numbers[0] < 1 || numbers[0] > version)
    throw IoError("version " + (numbers.empty() ? "none" : std::to_string(numbers[0])) + " of '" + format +
                      "' was found, versions up to " + std::to_string(version) + " can be read",
                  file.path(), "it was written by a newer Locum: use that one");
  std::map<std::string, std::string> attributes;
  for (const auto& name : file.attribute_names("/attributes"))
    attributes[name] = file.text_attribute("/attributes", name);
  return attributes;
}

void write_group(Hdf5File& file, const std::string& group, const FieldSet& fields) {
  file.make_group(group);
  file.write_attribute(group, "fields", static_cast<std::int64_t>(fields.fields().size()));
  for (const auto& [name, field] : fields.fields()) file.write_field(group + "/" + name, field);
}

std::vector<std::string> list_groups(const Hdf5File& file, const std::string& root) {
  std::vector<std::string> found;
  if (file.has(root)) search(file, root, "", true, found);
  return found;
}

std::vector<std::string> list_fields(const Hdf5File& file, const std::string& group) {
  std::vector<std::string> found;
  search(file, group, "", false, found);
  const auto expected = file.integer_attribute(group, "fields");
  if (expected.size() != 1 || expected[0] != static_cast<std::int64_t>(found.size()))
    throw IoError("the group " + group + " holds " + std::to_string(found.size()) + " fields, it says that it has " +
                      (expected.empty() ? "none" : std::to_string(expected[0])),
                  file.path());
  return found;
}

std::map<std::string, FieldSet> read_groups(const Hdf5File& file, const std::string& root) {
  std::map<std::string, FieldSet> groups;
  for (const auto& name : list_groups(file, root)) {
    const std::string group = (root == "/" ? "" : root) + "/" + name;
    FieldSet& fields = groups[name];
    for (const auto& key : list_fields(file, group)) {
      Field field = file.read_field(group + "/" + key);
      std::visit([&](auto& values) { fields.add(key, field.unit, field.shape, std::move(values)); }, field.values);
    }
  }
  return groups;
}

}  // namespace detail

void write_tree(const Communicator& comm, const std::string& path, const Tree& tree, const std::string& format,
                int version) {
  AtomicFile target(comm, path);
  std::uint64_t bytes = structure_bytes(tree.groups.size());
  for (const auto& [name, fields] : tree.groups) bytes += detail::field_bytes(fields);
  for (const auto& [name, text] : tree.attributes) bytes += 4096 + 2 * text.size();
  comm.broadcast(bytes);
  target.reserve(bytes);
  on_root(comm, [&] {
    auto file = Hdf5File::create(target.temporary());
    detail::write_header(file, format, version, tree.attributes);
    for (const auto& [name, fields] : tree.groups) detail::write_group(file, "/" + name, fields);
    file.close();
  });
  target.commit();
}

Tree read_tree(const Communicator& comm, const std::string& path, const std::string& format, int version) {
  Tree tree;
  on_root(comm, [&] {
    const auto file = Hdf5File::open(path);
    tree.attributes = detail::read_header(file, format, version);
    tree.groups = detail::read_groups(file, "/");
  });
  auto broadcast_names = [&](auto& entries) {  // root's names, as keys on every rank
    auto count = static_cast<std::int64_t>(entries.size());
    comm.broadcast(count);
    auto next = entries.begin();
    std::vector<std::string> names(static_cast<std::size_t>(count));
    for (auto& name : names) {
      if (comm.is_root()) name = (next++)->first;
      comm.broadcast(name);
    }
    for (const auto& name : names) entries[name];
  };
  broadcast_names(tree.attributes);
  for (auto& [name, text] : tree.attributes) comm.broadcast(text);
  broadcast_names(tree.groups);
  for (auto& [name, fields] : tree.groups) broadcast(comm, fields);
  return tree;
}

std::string format_of(const Communicator& comm, const std::string& path) {
  std::string format;
  on_root(comm, [&] {
    const auto file = Hdf5File::open(path);
    if (file.has_attribute("/", "format")) format = file.text_attribute("/", "format");
    if (format.empty() && file.has("/h5md")) format = "h5md";
  });
  comm.broadcast(format);
  return format;
}

}  // namespace locum::io
