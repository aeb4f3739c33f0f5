#include "io/atoms/lammps_dump.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "io/atoms/lammps_frame.hpp"
#include "io/atoms/words.hpp"
#include "io/collective.hpp"
#include "kokkos_kernels/base/errors.hpp"

namespace locum::io {
namespace {

std::unique_ptr<std::istream> open(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw IoError(std::string("cannot open: ") + std::strerror(errno), path);
  if (S_ISDIR(status.st_mode)) throw IoError("found a folder, a file was expected", path);
  auto in = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*in) throw IoError(std::string("cannot open: ") + std::strerror(errno), path);
  return in;
}

}  // namespace

LammpsDump::LammpsDump(const std::string& path, std::vector<std::string> elements)
    : LammpsDump(open(path), path, std::move(elements)) {}

LammpsDump::LammpsDump(std::unique_ptr<std::istream> in, std::string name, std::vector<std::string> elements)
    : in_(std::move(in)), name_(std::move(name)), elements_(std::move(elements)) {
  find_frames();
}

LammpsDump::~LammpsDump() = default;
LammpsDump::LammpsDump(LammpsDump&&) noexcept = default;

void LammpsDump::find_frames() {
  std::string line;
  std::int64_t offset = 0;
  for (std::int64_t number_of_line = 1; std::getline(*in_, line); ++number_of_line) {
    const std::int64_t start = offset;
    offset += static_cast<std::int64_t>(line.size()) + 1;
    if (line.starts_with("ITEM: UNITS")) {  // only where the user asked LAMMPS for it
      if (!std::getline(*in_, line)) break;
      offset += static_cast<std::int64_t>(line.size()) + 1;
      ++number_of_line;
      const auto words = split(line);
      if (words.size() != 1 || (words[0] != "metal" && words[0] != "real"))
        throw ConfigError("found the units '" + line.substr(0, 60) + "', metal or real was expected",
                          name_ + ":" + std::to_string(number_of_line), "lengths must be in Å");
      continue;
    }
    if (!line.starts_with("ITEM: TIMESTEP")) continue;
    Place place{start, number_of_line, 0};
    if (!std::getline(*in_, line)) break;  // begun, not more: LAMMPS still writes it
    offset += static_cast<std::int64_t>(line.size()) + 1;
    ++number_of_line;
    const auto words = split(line);
    const auto value = words.size() == 1 ? number<std::int64_t>(words[0]) : std::nullopt;
    if (!value)
      throw ConfigError("found '" + line.substr(0, 60) + "', the timestep was expected",
                        name_ + ":" + std::to_string(number_of_line));
    place.timestep = *value;
    frames_.push_back(place);
  }
  if (frames_.empty())
    throw ConfigError("found no ITEM: TIMESTEP", name_,
                      "a text dump of LAMMPS was expected, not a binary one or a log");
}

std::size_t LammpsDump::index(std::int64_t frame) const {
  const std::int64_t from_start = frame < 0 ? n_frames() + frame : frame;
  if (from_start < 0 || from_start >= n_frames())
    throw ConfigError("found no frame " + std::to_string(frame), name_,
                      "the dump has " + std::to_string(n_frames()) + " frames, counted from 0; -1 is the last");
  return static_cast<std::size_t>(from_start);
}

FieldSet LammpsDump::frame(std::int64_t frame) {
  const Place& place = frames_[index(frame)];
  in_->clear();
  in_->seekg(place.offset);
  return parse_lammps_frame(*in_, name_, place.line - 1, elements_);
}

FieldSet read_lammps_dump(const Communicator& comm, const std::string& path, std::int64_t frame,
                          const std::vector<std::string>& elements) {
  FieldSet sample;
  on_root(comm, [&] { sample = LammpsDump(path, elements).frame(frame); });
  broadcast(comm, sample);
  return sample;
}

}  // namespace locum::io
