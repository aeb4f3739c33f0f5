#include "apps/ptychography/data_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/imaging/hand_out.hpp"
#include "apps/ptychography/data_layout.hpp"
#include "apps/signals.hpp"
#include "io/cxi/cxi_writer.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/kokkos.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "solvers/imaging/ptychography/quality/quality.hpp"

namespace locum::apps {
namespace {

constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;
constexpr double block_bytes = 32.0 * 1024.0 * 1024.0;  // of frames that are handed out together

std::int64_t block_frames(const imaging::SimulatedPtychogram& set, int ranks) {
  const auto fits = static_cast<std::int64_t>(block_bytes / (4.0 * static_cast<double>(set.data.window())));
  const std::int64_t shared = set.data.size() / (8LL * ranks);  // so that the end is reached together
  return std::clamp<std::int64_t>(shared, 1, std::max<std::int64_t>(1, fits));
}

DataSetRecord record_of(const imaging::SimulatedPtychogram& set, std::int64_t number, const std::string& file) {
  const Ptychogram& d = set.data;
  DataSetRecord r;
  r.number = number;
  r.file = file;
  r.frames = d.size();
  r.nx = d.nx;
  r.ny = d.ny;
  r.object_nx = d.object_nx;
  r.object_ny = d.object_ny;
  r.modes = d.modes;
  r.dx = d.dx;
  r.dy = d.dy;
  r.step = neighbour_distance(d);
  r.diameter = imaging::probe_diameter(d.probe, {d.nx, d.ny, d.nx * d.dx, d.ny * d.dy}, d.modes);
  r.overlap = 1.0 - r.step / r.diameter;
  r.position_error = imaging::position_error(set.true_position, d.position);
  return r;
}

}  // namespace

DataJob::DataJob(const Context& context, const RunDirectory& directory, const PtychographyDataConfig& config,
                 const std::string& input, const DataSource& source)
    : context_(context), directory_(directory), config_(config), input_(input), source_(source) {}

std::string DataJob::file_name(const PtychographyDataConfig& config, std::int64_t k) {
  return config.ptychography.series == 1 ? "data.cxi" : fmt::format("data_{:04}.cxi", k);
}

void DataJob::forecast(const imaging::SimulatedPtychogram& set, std::int64_t missing) {
  const io::DiffractionLayout layout = data_layout(set, config_, input_, source_);
  const double block =
      4.0 * static_cast<double>(set.data.window()) * static_cast<double>(block_frames(set, context_.comm.size()));
  Forecast& f = account_.forecast;
  f = forecast_space(context_.comm, {source_.shared_bytes(), source_.rank_bytes(set)}, 2.0 * block,
                     static_cast<double>(layout.data_bytes()) * static_cast<double>(missing), directory_.path());
  log::info(describe(f));
  const double budget = config_.ptychography.memory_GiB * gibibyte, limit = budget > 0.0 ? budget : f.available;
  if (limit > 0.0 && f.node > limit)
    throw ConfigError(
        fmt::format("the data need {} on a node ({} rank(s)), {} {}", bytes_text(f.node), f.ranks_on_node,
                    bytes_text(limit), budget > 0.0 ? "is the budget ptychography.memory_GiB" : "are available"),
        "ptychography.memory_GiB", "a smaller field (simulation.scan), fewer ranks on a node, or more memory");
  refuse_what_the_device_cannot_hold(f, "ptychography.memory_GiB",
                                     "a smaller field (simulation.scan), or fewer ranks on a GPU");
  if (f.disk_free > 0.0 && f.disk > f.disk_free)
    throw ConfigError(fmt::format("{} data set(s) will take {} on the disk, {} are free there", missing,
                                  bytes_text(f.disk), bytes_text(f.disk_free)),
                      "output",
                      "another folder (--output), fewer frames (simulation.scan) or pixels (simulation.pixels), or a "
                      "shorter ptychography.series");
}

bool DataJob::write(const imaging::SimulatedPtychogram& set, DataSetRecord& record) {
  const std::int64_t frames = set.data.size(), block = block_frames(set, context_.comm.size());
  const std::size_t window = set.data.window();
  io::DiffractionWriter writer(context_.comm, directory_.file(record.file), data_layout(set, config_, input_, source_));
  std::vector<std::int64_t> blocks((frames + block - 1) / block);
  for (std::size_t k = 0; k < blocks.size(); ++k) blocks[k] = static_cast<std::int64_t>(k);
  std::vector<double> sum(window, 0.0);  // of integers: exact in any order
  double largest = 0.0;
  std::vector<float> counts;
  std::vector<int> which;
  const bool complete = hand_out(context_.comm, record.file, blocks, [&](std::int64_t b, const auto&) {
    const std::int64_t first = b * block, count = std::min(block, frames - first);
    which.resize(static_cast<std::size_t>(count));
    for (std::size_t k = 0; k < which.size(); ++k) which[k] = static_cast<int>(first) + static_cast<int>(k);
    counts.resize(which.size() * window);
    {
      ScopedTimer timer(account_.make);
      set.data.frames->read(which, counts);
    }
    ScopedTimer timer(account_.write);
    writer.write(first, io::FrameOrder::fft, counts);
    for (std::size_t k = 0; k < counts.size(); ++k) {
      sum[k % window] += counts[k];
      largest = std::max(largest, static_cast<double>(counts[k]));
    }
    account_.frames_here += count;
  });
  if (!complete) return false;
  writer.finish();
  context_.comm.sum(std::span<double>(sum));
  record.largest = context_.comm.max(largest);
  for (const double value : sum) record.counts += value / static_cast<double>(frames);
  record.mean_frame = centred(sum, set.data.nx, set.data.ny);
  for (double& value : record.mean_frame) value /= static_cast<double>(frames);
  record.here = true;
  return true;
}

bool DataJob::run(bool restart) {
  const Stopwatch watch;
  const std::int64_t series = config_.ptychography.series;
  std::vector<bool> there;
  for (std::int64_t k = 0; k < series; ++k) there.push_back(restart && directory_.has(file_name(config_, k)));
  const std::int64_t missing = std::count(there.begin(), there.end(), false);
  if (missing < series) log::info(fmt::format("{} of {} data sets are there already", series - missing, series));
  bool complete = true, told = false;
  for (std::int64_t k = 0; k < series && complete; ++k) {
    const bool have = there[static_cast<std::size_t>(k)];
    if (have && k >= config_.output.drawn) continue;  // nothing of it is shown
    const std::int64_t number = config_.ptychography.first + k;
    const imaging::SimulatedPtychogram set = source_.make(number);
    DataSetRecord record = record_of(set, number, file_name(config_, k));
    if (!told) {
      log::info(
          fmt::format("{} frames of {} × {} pixels, object of {} × {} pixels of {:.4g} Å, probe of {:.3g} Å, "
                      "overlap {:.0f} %",
                      record.frames, record.nx, record.ny, record.object_nx, record.object_ny, record.dx,
                      record.diameter, 100.0 * record.overlap));
      forecast(set, missing);
      told = true;
    }
    if (!have) complete = !stop_requested(context_.comm) && write(set, record);
    if (complete && record.here)
      log::info(fmt::format("{}: {} frames, {:.4g} counts a frame", record.file, record.frames, record.counts));
    if (complete) records_.push_back(std::move(record));
  }
  account_.make = context_.comm.max(account_.make);
  account_.write = context_.comm.max(account_.write);
  account_.frames_here = context_.comm.sum(account_.frames_here);
  account_.wall = context_.comm.max(watch.seconds());
  return complete;
}

}  // namespace locum::apps
