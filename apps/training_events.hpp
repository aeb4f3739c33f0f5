// TensorBoard's view of a training: every metric of every epoch, from the root rank.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "io/collective.hpp"
#include "io/events.hpp"
#include "kokkos_kernels/base/communicator.hpp"

namespace locum::apps {

class TrainingEvents {
 public:
  // Collective; IoError on all ranks when the folder cannot be written.
  TrainingEvents(const Communicator& comm, const std::string& folder) {
    io::on_root(comm, [&] { writer_ = std::make_unique<io::EventWriter>(folder); });
  }
  void add(int epoch, const std::map<std::string, double>& metrics) {
    if (!writer_) return;
    for (const auto& [name, value] : metrics) writer_->scalar(name, epoch, value);
  }

 private:
  std::unique_ptr<io::EventWriter> writer_;
};

}  // namespace locum::apps
