#include "apps/imaging/scan_job.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "apps/imaging/hand_out.hpp"
#include "io/scan/scan_reader.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "kokkos_kernels/base/memory.hpp"
#include "kokkos_kernels/base/timer.hpp"
#include "kokkos_kernels/base/together.hpp"

namespace locum::apps {
namespace {

constexpr double sixteen_bit_electrons = 50000.0;  // 65535 is 69 standard deviations above
constexpr std::int64_t measured_probes = 16;       // of the batch that the forecast is made from

RecordOptions options_of(const ScanRun& run) {
  return {run.configurations,     run.each_configuration,
          run.electrons > 0.0,    run.electrons > 0.0 && run.electrons <= sixteen_bit_electrons,
          run.source_sigma > 0.0, run.metadata.cell[2]};
}

double tile_bytes_per_probe(const ScanRun& run, const imaging::DetectorSet& detectors,
                            const imaging::ScanEngine& engine) {
  const std::int64_t pattern = std::int64_t{engine.pattern()[0]} * engine.pattern()[1];
  // Counts of a pattern are made from a copy.
  return TileAverage::bytes_per_probe(engine.channels(), detectors.numbers(), pattern, run.configurations,
                                      run.each_configuration) +
         (run.electrons > 0.0 ? 6.0 * static_cast<double>(pattern) : 0.0);
}

}  // namespace

ScanJob::ScanJob(const Context& context, const RunDirectory& directory, const ScanRun& run,
                 const imaging::DetectorSet& detectors, imaging::ScanEngine& engine)
    : context_(context),
      directory_(directory),
      run_(run),
      detectors_(detectors),
      engine_(engine),
      sets_(scan_datasets(detectors, run.scan, options_of(run))),
      recorder_(sets_, detectors, run.electrons, run.dose_seed) {
  const auto probes = static_cast<std::int64_t>(run.scan.position.size());
  tiles_ = scan_tiles(probes, tile_size(run.tile, probes, tile_bytes_per_probe(run, detectors, engine)));
  if (folds()) fold_ = std::make_unique<SourceFold>(run.scan.shape, run.source_sigma);
  sets_.layout.tiles = static_cast<std::int64_t>(tiles_.size()) + (folds() ? run.scan.shape.nx : 0);
  account_.probes = probes;
  account_.tiles = sets_.layout.tiles;
}

void ScanJob::open_file(bool restart) {
  const std::string path = directory_.file(file_name);
  // A kill while the file was made leaves one that is no file yet: only what was finished being made is gone on with.
  const bool there = restart && directory_.has(begun) && io::ScanFile::has_unfinished(context_.comm, path);
  const std::int64_t size = tiles_.empty() ? 0 : tiles_.front().count;
  double row = 0.0;  // a row that is folded, in double, and the one it is added from
  if (folds()) {
    double numbers = detectors_.channels();
    if (sets_.sharp_pattern != ScanDatasets::none) {
      const auto& cube = sets_.layout.cubes[sets_.sharp_pattern];
      numbers += static_cast<double>(cube.qx.size() * cube.qy.size());
    }
    row = 24.0 * numbers * run_.scan.shape.ny;
  }
  const double tile = tile_bytes_per_probe(run_, detectors_, engine_) * static_cast<double>(size);
  const double disk = there ? 0.0 : static_cast<double>(sets_.layout.data_bytes());
  account_.forecast = forecast_space(context_.comm, engine_.memory(), std::max(tile, row), disk, directory_.path());
  log::info(describe(account_.forecast));
  refuse_what_cannot_fit(account_.forecast, run_.memory, size);
  if (there) {
    file_ = std::make_unique<io::ScanFile>(
        io::ScanFile::open_unfinished(context_.comm, path, sets_.layout, run_.metadata.fingerprint));
    return;
  }
  file_ = std::make_unique<io::ScanFile>(io::ScanFile::create(context_.comm, path, sets_.layout, run_.metadata));
  directory_.write_text(begun, "scan.h5.part is complete but for its numbers\n");
}

void ScanJob::prepare() {
  const Stopwatch watch;
  engine_.prepare();
  account_.prepare = context_.comm.max(watch.seconds());
  std::int64_t left = 0, tiles_left = 0;
  for (std::size_t k = 0; k < tiles_.size(); ++k) {
    const bool open = !file_->is_done(static_cast<std::int64_t>(k));
    left += open ? tiles_[k].count : 0;
    tiles_left += open ? 1 : 0;
  }
  const bool remakes = engine_.kept() < run_.configurations;
  const std::int64_t batch = std::min(measured_probes, tiles_.front().count);
  const int ranks = context_.comm.size();
  if (left * run_.configurations < (remakes ? 40 : 20) * batch * ranks) return;  // measuring would cost more than 5 %
  Forecast& f = account_.forecast;
  // The last configuration is the one that is not kept, where any is not.
  const double first = batch_seconds(batch, run_.configurations - 1);
  const double again = remakes ? batch_seconds(batch, run_.configurations - 1) : first;
  f.probe_seconds = again / static_cast<double>(batch);
  f.remake_seconds = std::max(0.0, first - again);
  f.seconds = scan_seconds(f, left, tiles_left, run_.configurations, engine_.kept(), ranks);
  const std::string remaking =
      remakes ? fmt::format(" and {:.3g} s for each configuration of each tile", f.remake_seconds) : "";
  log::info(fmt::format(
      "time: {} for {} probes through {} configuration(s), {:.3g} ms a probe{} on each of {} rank(s), after {:.1f} s "
      "of "
      "preparation",
      about(f.seconds), left, run_.configurations, 1e3 * f.probe_seconds, remaking, ranks, account_.prepare));
}

// Of the first probes through one configuration, mean over the ranks: all at once, as in the run itself, so that shared
// memory and clocks are as loaded.
double ScanJob::batch_seconds(std::int64_t batch, int configuration) {
  const auto [qx, qy] = engine_.pattern();
  std::vector<double> signal(static_cast<std::size_t>(batch * engine_.channels()));
  std::vector<float> pattern(static_cast<std::size_t>(batch) * qx * qy);
  const Stopwatch watch;
  together(context_.comm, [&] {
    engine_.scan(configuration, {run_.scan.position.data(), static_cast<std::size_t>(batch)}, signal, pattern);
  });
  return context_.comm.sum(watch.seconds()) / context_.comm.size();
}

void ScanJob::scan_tile(std::int64_t tile, TileAverage& average, const std::function<void()>& between) {
  const Tile& t = tiles_[static_cast<std::size_t>(tile)];
  {
    ScopedTimer timer(account_.scan);
    average.run({run_.scan.position.data() + t.first, static_cast<std::size_t>(t.count)}, between);
  }
  ScopedTimer timer(account_.write);
  recorder_.write_average(*file_, t.first, average);
  file_->mark_done(tile);
  account_.probes_here += t.count;
}

bool ScanJob::scan_tiles_left() {
  const std::vector<std::int64_t> open = open_tiles(tiles_, [&](std::int64_t k) { return file_->is_done(k); });
  if (open.empty()) return true;
  prepare();
  const Stopwatch watch;
  TileAverage average(engine_, detectors_, run_.configurations, run_.each_configuration);
  const bool complete =
      hand_out(context_.comm, "probes", open,
               [&](std::int64_t tile, const std::function<void()>& between) { scan_tile(tile, average, between); });
  const double seconds = context_.comm.max(watch.seconds());
  account_.probes_here = context_.comm.sum(account_.probes_here);
  account_.rate =
      seconds > 0.0 ? static_cast<double>(account_.probes_here) * run_.configurations * run_.slices / seconds : 0.0;
  return complete;
}

// Row ix of the sharp numbers, folded along x and y: (ny, width).
std::vector<double> ScanJob::folded(int ix, bool cube, std::size_t width) const {
  const io::ScanReader reader(file_->unfinished_path());
  const std::int64_t ny = run_.scan.shape.ny;
  std::vector<double> sum(width * static_cast<std::size_t>(ny), 0.0);
  for (const auto& [row, weight] : fold_->rows(ix)) {
    io::Values values;
    if (cube) {
      const auto& layout = sets_.layout.cubes[sets_.sharp_pattern];
      const auto qx = static_cast<std::int64_t>(layout.qx.size()), qy = static_cast<std::int64_t>(layout.qy.size());
      values = reader.cube_region(layout.name, {{row, 0, 0, 0}, {1, ny, qx, qy}});
    } else {
      values = reader.image_region(sets_.layout.images[sets_.sharp].name,
                                   {{row, 0, 0}, {1, ny, static_cast<std::int64_t>(width)}});
    }
    const auto& numbers = std::get<std::vector<double>>(values);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += weight * numbers[k];
  }
  fold_->along_y(sum, width);
  return sum;
}

void ScanJob::fold_row(int ix) {
  std::vector<double> channels;
  std::vector<float> pattern;
  if (sets_.sharp != ScanDatasets::none) channels = folded(ix, false, static_cast<std::size_t>(detectors_.channels()));
  if (sets_.sharp_pattern != ScanDatasets::none) {
    const auto& layout = sets_.layout.cubes[sets_.sharp_pattern];
    const std::vector<double> wide = folded(ix, true, layout.qx.size() * layout.qy.size());
    pattern.assign(wide.begin(), wide.end());
  }
  recorder_.write_folded(*file_, std::int64_t{ix} * run_.scan.shape.ny, channels, pattern);
}

bool ScanJob::fold_rows_left() {
  if (!folds()) return true;
  const Stopwatch watch;
  const auto first = static_cast<std::int64_t>(tiles_.size());
  std::vector<std::int64_t> open;
  for (int ix = 0; ix < run_.scan.shape.nx; ++ix)
    if (!file_->is_done(first + ix)) open.push_back(ix);
  const bool complete =
      hand_out(context_.comm, "source size", open, [&](std::int64_t ix, const std::function<void()>&) {
        fold_row(static_cast<int>(ix));
        file_->mark_done(first + ix);
      });
  account_.fold = context_.comm.max(watch.seconds());
  return complete;
}

bool ScanJob::run(bool restart) {
  const Stopwatch watch;
  if (restart && directory_.has(file_name)) {
    log::info(fmt::format("{} is complete", directory_.file(file_name)));
    return true;
  }
  open_file(restart);
  for (std::int64_t k = 0; k < file_->tiles(); ++k) account_.tiles_here += file_->is_done(k) ? 0 : 1;
  if (account_.tiles_here < account_.tiles)
    log::info(fmt::format("{} of {} tiles were done already", account_.tiles - account_.tiles_here, account_.tiles));
  const bool complete = scan_tiles_left() && fold_rows_left();
  account_.scan = context_.comm.max(account_.scan);
  account_.write = context_.comm.max(account_.write);
  if (complete) {
    file_->finish();
    if (context_.comm.is_root()) std::filesystem::remove(directory_.file(begun));
  }
  file_.reset();
  account_.wall = context_.comm.max(watch.seconds());
  return complete;
}

}  // namespace locum::apps
