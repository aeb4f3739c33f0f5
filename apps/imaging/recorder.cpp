#include "apps/imaging/recorder.hpp"

namespace locum::apps {
namespace {

// Columns from … from + count − 1 of `rows`, which are `width` wide.
template <class T>
std::vector<T> columns(std::span<const double> rows, std::size_t width, std::size_t from, std::size_t count) {
  std::vector<T> part;
  part.reserve(width ? rows.size() / width * count : 0);
  for (std::size_t row = 0; row + width <= rows.size(); row += width)
    for (std::size_t k = 0; k < count; ++k) part.push_back(static_cast<T>(rows[row + from + k]));
  return part;
}

template <class T>
void write(io::ScanFile& file, std::size_t image, std::int64_t first, const std::vector<T>& values) {
  file.write_image<T>(image, first, values);
}

}  // namespace

Recorder::Recorder(const ScanDatasets& sets, const imaging::DetectorSet& detectors, double electrons,
                   std::uint64_t dose_seed)
    : sets_(sets), detectors_(detectors), electrons_(electrons), seed_(dose_seed) {}

void Recorder::write_average(io::ScanFile& file, std::int64_t first, const TileAverage& average) const {
  const auto width = static_cast<std::size_t>(detectors_.numbers());
  for (const auto& image : sets_.images) {
    const imaging::Detector& d = detectors_.detectors()[image.detector];
    const auto from = static_cast<std::size_t>(d.number), count = static_cast<std::size_t>(d.numbers);
    if (image.error != ScanDatasets::none)
      write(file, image.error, first, columns<float>(average.errors(), width, from, count));
    if (image.each != ScanDatasets::none)  // (probes · configurations) rows, which the file has in the same order
      write(file, image.each, first, columns<float>(average.each(), width, from, count));
  }
  const bool folded_later = sets_.sharp != ScanDatasets::none || sets_.sharp_pattern != ScanDatasets::none;
  if (!folded_later) {
    write_numbers(file, first, average.numbers());
    write_pattern(file, first, average.pattern());
    return;
  }
  if (sets_.sharp != ScanDatasets::none) file.write_image<double>(sets_.sharp, first, average.channels());
  if (sets_.sharp_pattern != ScanDatasets::none) file.write_cube<float>(sets_.sharp_pattern, first, average.pattern());
}

void Recorder::write_folded(io::ScanFile& file, std::int64_t first, std::span<const double> channels,
                            std::span<const float> pattern) const {
  const auto width = static_cast<std::size_t>(detectors_.channels()),
             numbers = static_cast<std::size_t>(detectors_.numbers());
  if (width > 0) {
    std::vector<double> finished(channels.size() / width * numbers);
    for (std::size_t p = 0; p * width < channels.size(); ++p)
      detectors_.finish(channels.subspan(p * width, width), {finished.data() + p * numbers, numbers});
    write_numbers(file, first, finished);
  }
  write_pattern(file, first, pattern);
}

void Recorder::write_numbers(io::ScanFile& file, std::int64_t first, std::span<const double> numbers) const {
  const auto width = static_cast<std::size_t>(detectors_.numbers());
  for (std::size_t k = 0; k < sets_.images.size(); ++k) {
    const auto& image = sets_.images[k];
    const imaging::Detector& d = detectors_.detectors()[image.detector];
    const auto from = static_cast<std::size_t>(d.number), count = static_cast<std::size_t>(d.numbers);
    if (!image.counts) {
      write(file, image.result, first, columns<float>(numbers, width, from, count));
      continue;
    }
    write(file, image.expected, first, columns<float>(numbers, width, from, count));
    const auto means = columns<double>(numbers, width, from, count);
    std::vector<std::uint32_t> counts(means.size());
    const imaging::CountKey key{seed_, static_cast<std::uint32_t>(k + 1), static_cast<std::uint64_t>(first)};
    imaging::count_electrons<double>(means, count, electrons_, key, counts);
    write(file, image.result, first, counts);
  }
}

void Recorder::write_pattern(io::ScanFile& file, std::int64_t first, std::span<const float> pattern) const {
  if (sets_.pattern == ScanDatasets::none) return;
  const auto& cube = sets_.layout.cubes[sets_.pattern];
  if (cube.storage == io::Storage::float32) return file.write_cube<float>(sets_.pattern, first, pattern);
  std::vector<std::uint32_t> counts(pattern.size());
  imaging::count_electrons<float>(pattern, cube.qx.size() * cube.qy.size(), electrons_,
                                  {seed_, 0, static_cast<std::uint64_t>(first)}, counts);
  if (cube.storage == io::Storage::uint32) return file.write_cube<std::uint32_t>(sets_.pattern, first, counts);
  const std::vector<std::uint16_t> narrow(counts.begin(), counts.end());
  file.write_cube<std::uint16_t>(sets_.pattern, first, narrow);
}

}  // namespace locum::apps
