#include "io/collective.hpp"

#include <string>

namespace locum::io {

void on_root(const Communicator& comm, const std::function<void()>& work) {
  together(comm, [&] {
    if (comm.is_root()) work();
  });
}

void broadcast(const Communicator& comm, FieldSet& fields) {
  if (comm.size() == 1) return;
  auto count = static_cast<std::int64_t>(fields.fields().size());
  comm.broadcast(count);
  auto next = fields.fields().begin();
  FieldSet received;
  for (std::int64_t k = 0; k < count; ++k) {
    std::string name;
    Field field;
    if (comm.is_root()) {
      name = next->first;
      field = (next++)->second;
    }
    comm.broadcast(name);
    comm.broadcast(field.unit);
    broadcast_long(comm, field.shape);
    int kind = static_cast<int>(field.values.index());
    comm.broadcast(kind);
    if (!comm.is_root() && kind == 1) field.values = std::vector<std::int64_t>();
    std::visit([&](auto& values) { broadcast_long(comm, values); }, field.values);
    std::visit([&](auto& values) { received.add(name, field.unit, field.shape, std::move(values)); }, field.values);
  }
  fields = std::move(received);
}

}  // namespace locum::io
