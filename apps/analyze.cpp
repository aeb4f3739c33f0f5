// `locum analyze`: radial distribution and mean square displacement of a trajectory.
#include <fmt/format.h>

#include <algorithm>

#include "apps/commands.hpp"
#include "apps/run_directory.hpp"
#include "io/atomic_file.hpp"
#include "io/collective.hpp"
#include "io/trajectory/trajectory.hpp"
#include "kokkos_kernels/base/elements.hpp"
#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/base/log.hpp"
#include "solvers/md/msd.hpp"
#include "solvers/md/rdf.hpp"

namespace locum::apps {

void run_analyze(const Context& context, const CommandLine& line) {
  const io::TrajectoryReader trajectory(line.input);
  const std::int64_t frames = trajectory.n_frames();
  if (frames == 0) throw IoError("holds no frame", line.input, "has the run reached its first checkpoint?");
  std::vector<double> mass;
  for (auto number : trajectory.species()) mass.push_back(atomic_mass(static_cast<int>(number)));

  const Cell cell(trajectory.read_frame(0).cell);
  const double reach = 0.5 * std::min({cell.height(0), cell.height(1), cell.height(2)});
  md::RadialDistribution rdf(reach, static_cast<int>(reach / 0.05));
  std::vector<double> first;
  std::string msd_table = "# time_fs msd_A2\n";
  for (std::int64_t k = 0; k < frames; ++k) {
    const io::TrajectoryFrame frame = trajectory.read_frame(k);
    if (k == 0) first = frame.position;
    rdf.add_frame(Cell(frame.cell), frame.position);
    msd_table += fmt::format("{:.6g} {:.8g}\n", frame.time, md::mean_square_displacement(first, frame.position, mass));
  }
  std::string rdf_table = "# r_A g coordination\n";
  const auto radius = rdf.radius(), value = rdf.value(), coordination = rdf.coordination();
  for (std::size_t b = 0; b < radius.size(); ++b)
    rdf_table += fmt::format("{:.4f} {:.8g} {:.8g}\n", radius[b], value[b], coordination[b]);

  const std::string folder = line.output.empty() ? default_output(line.input) + ".analysis" : line.output;
  const RunDirectory directory(context.comm, folder, false);
  directory.write_text("rdf.txt", rdf_table);
  directory.write_text("msd.txt", msd_table);
  const auto peak = std::max_element(value.begin(), value.end()) - value.begin();
  log::info(fmt::format("{} frames of {} atoms; first peak of g(r) {:.2f} at {:.2f} Å; tables in {}", frames,
                        mass.size(), value[peak], radius[peak], folder));
}

}  // namespace locum::apps
