// `locum inspect`: what is in a file that Locum wrote.
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/ptychography/inspect_cxi.hpp"
#include "io/checkpoint.hpp"
#include "io/dataset/dataset.hpp"
#include "io/scan/scan_reader.hpp"
#include "io/trajectory/trajectory.hpp"
#include "io/tree.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

void show(const FieldSet& fields) {
  for (const auto& [name, field] : fields.fields()) {
    const bool real = std::holds_alternative<std::vector<double>>(field.values);
    std::string shape, value;
    for (auto extent : field.shape) shape += (shape.empty() ? "" : " × ") + std::to_string(extent);
    if (field.shape.empty())
      value =
          real ? fmt::format("  = {:g}", fields.real_scalar(name)) : fmt::format("  = {}", fields.integer_scalar(name));
    log::info(fmt::format("    {:<28} {:<16} {:<14} {}{}", name, shape.empty() ? "scalar" : shape, field.unit,
                          real ? "real" : "integer", value));
  }
}

void show_tree(const io::Tree& tree) {
  for (const auto& [name, value] : tree.attributes) log::info(fmt::format("  {:<30} {}", name, value));
  for (const auto& [group, fields] : tree.groups) {
    log::info("  " + group);
    show(fields);
  }
}

void show_trajectory(const std::string& path) {
  const io::TrajectoryReader trajectory(path);
  log::info(fmt::format("  {} frames of {} atoms", trajectory.n_frames(), trajectory.n_atoms()));
  if (const auto times = trajectory.times(); !times.empty())
    log::info(fmt::format("  {:g} … {:g} fs", times.front(), times.back()));
  for (const auto& name : trajectory.observables())
    log::info(fmt::format("    {:<28} {}", name, trajectory.observable(name).unit));
}

// Of Locum or of Prismatic, finished or not.
void show_scan(const std::string& path) {
  const io::ScanReader scan(path);
  const auto extent = [](const io::Shape& shape) {
    std::string text;
    for (const auto n : shape) text += (text.empty() ? "" : " × ") + std::to_string(n);
    return text;
  };
  const auto [done, tiles] = scan.progress();
  if (tiles > 0) log::info(fmt::format("  {} of {} tiles are done", done, tiles));
  for (const auto& name : scan.images())
    log::info(fmt::format("    {:<28} {:<24} {}", name, extent(scan.image_shape(name)), scan.unit(name)));
  for (const auto& name : scan.cubes()) log::info(fmt::format("    {:<28} {}", name, extent(scan.cube_shape(name))));
}

}  // namespace

void run_inspect(const Context& context, const CommandLine& line) {
  const std::string format = io::format_of(context.comm, line.input);
  const bool cxi = format.empty() && is_cxi(line.input);
  log::info(fmt::format("{}: {}", line.input, cxi ? "CXI" : format.empty() ? "a scan" : format));
  if (cxi) return show_cxi(line.input);
  if (format.empty()) return show_scan(line.input);
  if (format == "h5md") return show_trajectory(line.input);
  if (format == "locum-dataset") {
    const io::Dataset dataset(context.comm, line.input);
    log::info(fmt::format("  {} samples; the first holds", dataset.size()));
    if (dataset.size() > 0) show(dataset.sample(0));
    return;
  }
  if (format == "locum-checkpoint") return show_tree({io::read_checkpoint(context.comm, line.input).shared, {}});
  show_tree(io::read_tree(context.comm, line.input, format));
}

}  // namespace locum::apps
