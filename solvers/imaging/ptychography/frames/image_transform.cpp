#include "solvers/imaging/ptychography/frames/image_transform.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::imaging {

ImageTransform::ImageTransform(int nx, int ny)
    : wave_("imaging::image", 1, static_cast<std::size_t>(nx), static_cast<std::size_t>(ny)),
      transform_(ExecutionSpace(), 1, nx, ny) {}

void ImageTransform::run(std::span<std::complex<double>> image, bool forward) const {
  if (image.size() != wave_.size())
    throw ConfigError(fmt::format("an image of {} pixels came to a transform of {} × {}", image.size(), wave_.extent(1),
                                  wave_.extent(2)),
                      "ImageTransform");
  const auto host = Kokkos::create_mirror_view(wave_);
  auto* const numbers = reinterpret_cast<std::complex<double>*>(host.data());  // both are (re, im)
  std::copy(image.begin(), image.end(), numbers);
  Kokkos::deep_copy(wave_, host);
  forward ? transform_.forward(wave_) : transform_.inverse(wave_);
  Kokkos::deep_copy(host, wave_);
  std::copy_n(numbers, image.size(), image.begin());
}

}  // namespace locum::imaging
