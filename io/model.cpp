#include "io/model.hpp"

namespace locum::io {

void write_model(const Communicator& comm, const std::string& path, const Tree& model) {
  write_tree(comm, path, model, "locum-model", 1);
}

Tree read_model(const Communicator& comm, const std::string& path) { return read_tree(comm, path, "locum-model", 1); }

}  // namespace locum::io
