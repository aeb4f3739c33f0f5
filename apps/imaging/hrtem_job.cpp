#include "apps/imaging/hrtem_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "apps/imaging/hand_out.hpp"
#include "apps/imaging/scan_job.hpp"
#include "io/scan/scan_reader.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "solvers/imaging/detectors/dose.hpp"

namespace locum::apps {

HrtemJob::HrtemJob(const Context& context, const RunDirectory& directory, const HrtemRun& run,
                   const HrtemSolver& solver)
    : context_(context),
      directory_(directory),
      run_(run),
      solver_(solver),
      sets_(hrtem_datasets(solver.grid, solver.depths, {run.configurations, run.electrons > 0.0, run.exit_waves})) {}

void HrtemJob::open_file(bool restart) {
  const std::string path = directory_.file(ScanJob::file_name);
  const bool there = restart && directory_.has(ScanJob::begun) && io::ScanFile::has_unfinished(context_.comm, path);
  const double pixels =
      static_cast<double>(solver_.grid.nx) * solver_.grid.ny * static_cast<double>(solver_.depths.size());
  account_.forecast = forecast_space(context_.comm, solver_.memory, (run_.exit_waves ? 16.0 : 8.0) * pixels,
                                     there ? 0.0 : static_cast<double>(sets_.layout.data_bytes()), directory_.path());
  log::info(describe(account_.forecast));
  refuse_what_cannot_fit(account_.forecast, run_.memory, 1);
  if (there) {
    file_ = std::make_unique<io::ScanFile>(
        io::ScanFile::open_unfinished(context_.comm, path, sets_.layout, run_.metadata.fingerprint));
    return;
  }
  file_ = std::make_unique<io::ScanFile>(io::ScanFile::create(context_.comm, path, sets_.layout, run_.metadata));
  directory_.write_text(ScanJob::begun, "scan.h5.part is complete but for its numbers\n");
}

void HrtemJob::image_configuration(int configuration) {
  const std::vector<double> images = solver_.images(configuration);
  const std::size_t pixels = images.size() / sets_.planes.size();
  for (std::size_t p = 0; p < sets_.planes.size(); ++p)
    file_->write_image<double>(sets_.planes[p].configuration[static_cast<std::size_t>(configuration)], 0,
                               {images.data() + p * pixels, pixels});
  if (run_.exit_waves) {
    const std::vector<float> waves = solver_.waves(configuration);
    for (std::size_t p = 0; p < sets_.planes.size(); ++p)
      file_->write_image<float>(sets_.planes[p].wave[static_cast<std::size_t>(configuration)], 0,
                                {waves.data() + 2 * p * pixels, 2 * pixels});
  }
  file_->mark_done(configuration);
  ++account_.configurations_here;
}

// Rows of the mean and its error, s² = (Σ x² − (Σ x)²/N) / (N (N − 1)), of every plane.
void HrtemJob::average_rows(std::int64_t tile) {
  const io::ScanReader reader(file_->unfinished_path());
  const std::int64_t ny = sets_.layout.ny, from = (tile - sets_.first_mean) * sets_.rows_a_tile,
                     rows = std::min<std::int64_t>(sets_.rows_a_tile, sets_.layout.nx - from);
  const double n = run_.configurations;
  for (std::size_t p = 0; p < sets_.planes.size(); ++p) {
    const auto& plane = sets_.planes[p];
    std::vector<double> sum(static_cast<std::size_t>(rows * ny), 0.0), squares = sum;
    for (const std::size_t image : plane.configuration) {
      const std::string group = io::group_of(sets_.layout.images[image]);
      const auto values = std::get<std::vector<double>>(
          reader.image_region(group.substr(group.rfind('/') + 1), {{from, 0}, {rows, ny}}));
      for (std::size_t k = 0; k < sum.size(); ++k) {
        sum[k] += values[k];
        squares[k] += values[k] * values[k];
      }
    }
    std::vector<float> error;
    for (std::size_t k = 0; k < sum.size(); ++k) {
      error.push_back(
          n > 1.0 ? static_cast<float>(std::sqrt(std::max(0.0, squares[k] - sum[k] * sum[k] / n) / (n * (n - 1.0))))
                  : 0.0f);
      sum[k] /= n;
    }
    const std::vector<float> mean(sum.begin(), sum.end());
    const std::int64_t first = from * ny;
    if (plane.error != HrtemDatasets::none) file_->write_image<float>(plane.error, first, error);
    file_->write_image<float>(plane.expected == HrtemDatasets::none ? plane.result : plane.expected, first, mean);
    if (plane.expected == HrtemDatasets::none) continue;
    std::vector<std::uint32_t> counts(sum.size());
    imaging::count_electrons<double>(
        sum, 1, run_.electrons,
        {run_.dose_seed, static_cast<std::uint32_t>(p % 256), static_cast<std::uint64_t>(first)}, counts);
    file_->write_image<std::uint32_t>(plane.result, first, counts);
  }
  file_->mark_done(tile);
}

bool HrtemJob::run(bool restart) {
  const Stopwatch watch;
  if (restart && directory_.has(ScanJob::file_name)) {
    log::info(fmt::format("{} is complete", directory_.file(ScanJob::file_name)));
    return true;
  }
  open_file(restart);
  std::vector<std::int64_t> configurations, rows;
  for (std::int64_t k = 0; k < file_->tiles(); ++k)
    if (!file_->is_done(k)) (k < sets_.first_mean ? configurations : rows).push_back(k);
  if (!configurations.empty()) {
    const Stopwatch ready;
    solver_.prepare();
    account_.prepare = context_.comm.max(ready.seconds());
  }
  const bool complete =
      hand_out(context_.comm, "configurations", configurations,
               [&](std::int64_t k, const std::function<void()>&) { image_configuration(static_cast<int>(k)); }) &&
      hand_out(context_.comm, "mean", rows, [&](std::int64_t k, const std::function<void()>&) { average_rows(k); });
  account_.configurations_here = context_.comm.sum(account_.configurations_here);
  if (complete) {
    file_->finish();
    if (context_.comm.is_root()) std::filesystem::remove(directory_.file(ScanJob::begun));
  }
  file_.reset();
  account_.wall = context_.comm.max(watch.seconds());
  return complete;
}

}  // namespace locum::apps
