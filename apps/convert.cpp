// `locum convert`: extended XYZ to a dataset, and a dataset or a trajectory to extended XYZ.
#include <fmt/format.h>

#include <filesystem>

#include "apps/atoms_file.hpp"
#include "apps/commands.hpp"
#include "io/dataset.hpp"
#include "io/trajectory.hpp"
#include "io/tree.hpp"
#include "io/xyz.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"

namespace locum::apps {
namespace {

std::string with_extension(const std::string& input, const std::string& extension) {
  return std::filesystem::path(input).replace_extension(extension).string();
}

void refuse_to_overwrite(const std::string& path) {
  if (std::filesystem::exists(path))
    throw IoError("is there already and is not overwritten", path, "name another file with --output");
}

void xyz_to_dataset(const Context& context, const std::string& input, const std::string& output) {
  std::vector<FieldSet> frames = io::read_xyz(context.comm, input);
  io::DatasetWriter writer(context.comm, output);
  const std::size_t count = frames.size();
  writer.add(context.comm.is_root() ? std::move(frames) : std::vector<FieldSet>{});
  writer.commit();
  log::info(fmt::format("{} frames of {} are now samples of {}", count, input, output));
}

std::vector<FieldSet> samples_of(const Context& context, const std::string& path) {
  const io::Dataset dataset(context.comm, path);
  std::vector<FieldSet> samples;
  for (std::int64_t k = 0; k < dataset.size(); ++k) samples.push_back(dataset.sample(k));
  return samples;
}

void to_xyz(const Context& context, const std::string& input, const std::string& output) {
  const bool trajectory = io::format_of(context.comm, input) == "h5md";
  const std::vector<FieldSet> frames = trajectory ? read_trajectory(input, 0, -1) : samples_of(context, input);
  io::write_xyz(context.comm, output, frames);
  log::info(
      fmt::format("{} {} of {} are now frames of {}", frames.size(), trajectory ? "frames" : "samples", input, output));
}

}  // namespace

void run_convert(const Context& context, const CommandLine& line) {
  const std::string extension = std::filesystem::path(line.input).extension().string();
  if (extension == ".xyz" || extension == ".extxyz") {
    const std::string output = line.output.empty() ? with_extension(line.input, ".h5") : line.output;
    refuse_to_overwrite(output);
    return xyz_to_dataset(context, line.input, output);
  }
  const std::string output = line.output.empty() ? with_extension(line.input, ".xyz") : line.output;
  refuse_to_overwrite(output);
  to_xyz(context, line.input, output);
}

}  // namespace locum::apps
