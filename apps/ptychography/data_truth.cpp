#include "apps/ptychography/data_truth.hpp"

#include "io/hdf5/hdf5.hpp"

namespace locum::apps {
namespace {

constexpr double angstrom_in_metre = 1e10;

}  // namespace

DataTruth read_truth(const std::string& path) {
  const auto file = io::Hdf5File::open(path);
  const std::string top = "/entry_1/truth";
  DataTruth truth;
  if (!file.has(top) || !file.has(top + "/object")) return truth;
  truth.object = io::read_complex(file, top + "/object");
  if (file.has(top + "/probe")) truth.probe = io::read_complex(file, top + "/probe");
  const std::vector<double> origin = io::read_numbers(file, top + "/origin");
  truth.origin = {angstrom_in_metre * origin.at(0), angstrom_in_metre * origin.at(1)};
  const std::vector<double> translation = io::read_numbers(file, top + "/translation");  // (frames, 3): y, x, z of ours
  for (std::size_t k = 0; k + 2 < translation.size(); k += 3) {
    truth.positions.push_back(angstrom_in_metre * translation[k + 1]);
    truth.positions.push_back(angstrom_in_metre * translation[k]);
  }
  return truth;
}

}  // namespace locum::apps
