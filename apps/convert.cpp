// `locum convert`: extended XYZ to a dataset, a dataset or a trajectory to extended XYZ, and a model of ptychography to
// ONNX.
#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "apps/atoms_file.hpp"
#include "apps/commands.hpp"
#include "apps/export/onnx_model.hpp"
#include "io/atoms/xyz.hpp"
#include "io/dataset/dataset.hpp"
#include "io/model.hpp"
#include "io/trajectory/trajectory.hpp"
#include "io/tree.hpp"
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

// All samples of a dataset have the same fields. What a frame lacks becomes an array without rows, or a scalar of which
// the integer has_NAME says 0; a missing weight is 1, a missing trajectory −1. Of integers and reals, reals.
void give_same_fields(std::vector<FieldSet>& frames) {
  std::map<std::string, Field> all;
  std::map<std::string, std::size_t> count;
  for (const FieldSet& frame : frames)
    for (const auto& [name, field] : frame.fields()) {
      ++count[name];
      const auto known = all.emplace(name, field);
      if (known.first->second.values.index() == 1 && field.values.index() == 0) known.first->second = field;
    }
  const auto neutral = [](const std::string& name) { return name.find("weight") != std::string::npos ? 1.0 : 0.0; };
  for (FieldSet& frame : frames) {
    FieldSet complete;
    for (const auto& [name, like] : all) {
      const bool there = frame.has(name), scalar = like.shape.empty(), real = like.values.index() == 0;
      const std::string mark = "has_" + name;
      std::vector<std::int64_t> shape = like.shape;
      if (!scalar) shape[0] = 0;
      std::vector<double> value(scalar ? 1 : 0, neutral(name));
      std::vector<std::int64_t> number(scalar ? 1 : 0, name == "trajectory" ? -1 : std::int64_t(neutral(name)));
      if (there) {
        shape = frame.at(name).shape;
        std::visit([&](const auto& v) { value.assign(v.begin(), v.end()), number.assign(v.begin(), v.end()); },
                   frame.at(name).values);
      }
      if (real)
        complete.add(name, like.unit, shape, value);
      else
        complete.add(name, like.unit, shape, number);
      const bool has_default = neutral(name) != 0.0 || name == "trajectory" || name == "role";
      if (scalar && !has_default && count[name] < frames.size()) complete.add_scalar(mark, "1", std::int64_t{there});
    }
    frame = std::move(complete);
  }
}

// The way back: without the marks and what they say is not there.
FieldSet without_marks(const FieldSet& sample) {
  FieldSet plain;
  for (const auto& [name, field] : sample.fields()) {
    const std::string mark = "has_" + name;
    if (name.rfind("has_", 0) == 0 && sample.has(name.substr(4))) continue;
    if (sample.has(mark) && sample.integer_scalar(mark) == 0) continue;
    std::visit([&, &name = name, &field = field](const auto& v) { plain.add(name, field.unit, field.shape, v); },
               field.values);
  }
  return plain;
}

void xyz_to_dataset(const Context& context, const std::string& input, const std::string& output) {
  std::vector<FieldSet> frames = io::read_xyz(context.comm, input);
  give_same_fields(frames);
  io::DatasetWriter writer(context.comm, output);
  const std::size_t count = frames.size();
  writer.add(context.comm.is_root() ? std::move(frames) : std::vector<FieldSet>{});
  writer.commit();
  log::info(fmt::format("{} frames of {} are now samples of {}", count, input, output));
}

std::vector<FieldSet> samples_of(const Context& context, const std::string& path) {
  const io::Dataset dataset(context.comm, path);
  std::vector<FieldSet> samples;
  for (std::int64_t k = 0; k < dataset.size(); ++k) samples.push_back(without_marks(dataset.sample(k)));
  return samples;
}

void to_xyz(const Context& context, const std::string& input, const std::string& output) {
  const bool trajectory = io::format_of(context.comm, input) == "h5md";
  const std::vector<FieldSet> frames = trajectory ? read_trajectory(input, 0, -1) : samples_of(context, input);
  io::write_xyz(context.comm, output, frames);
  log::info(
      fmt::format("{} {} of {} are now frames of {}", frames.size(), trajectory ? "frames" : "samples", input, output));
}

// A file for each stage: NAME.onnx, or NAME.stage0.onnx, … where there are several.
void to_onnx(const Context& context, const std::string& input, const std::string& output) {
  const std::vector<io::OnnxModel> models = onnx_models(io::read_model(context.comm, input));
  std::vector<std::string> paths{output};
  if (models.size() > 1) paths.clear();
  for (std::size_t s = 0; s < models.size() && models.size() > 1; ++s)
    paths.push_back(with_extension(output, fmt::format(".stage{}.onnx", s)));
  for (const auto& path : paths) refuse_to_overwrite(path);
  for (std::size_t s = 0; s < models.size(); ++s) {
    io::write_onnx(context.comm, paths[s], models[s]);
    log::info(fmt::format("stage {} of {} is now {}", s, input, paths[s]));
  }
}

}  // namespace

void run_convert(const Context& context, const CommandLine& line) {
  const bool onnx_wanted = std::filesystem::path(line.output).extension() == ".onnx";
  if (onnx_wanted && io::is_xyz(line.input))
    throw ConfigError("extended XYZ holds atoms, ONNX holds networks", line.input, "give a model file");
  if (io::is_xyz(line.input)) {
    const std::string output = line.output.empty() ? with_extension(line.input, ".h5") : line.output;
    refuse_to_overwrite(output);
    return xyz_to_dataset(context, line.input, output);
  }
  if (onnx_wanted || io::format_of(context.comm, line.input) == "locum-model")
    return to_onnx(context, line.input, line.output.empty() ? with_extension(line.input, ".onnx") : line.output);
  const std::string output = line.output.empty() ? with_extension(line.input, ".xyz") : line.output;
  refuse_to_overwrite(output);
  to_xyz(context, line.input, output);
}

}  // namespace locum::apps
