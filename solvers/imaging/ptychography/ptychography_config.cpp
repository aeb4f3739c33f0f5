#include "solvers/imaging/ptychography/ptychography_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"
#include "solvers/imaging/ptychography/engines/ptychography_engine.hpp"

namespace locum::imaging {
namespace {

void check(const char* key, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw ConfigError(fmt::format("ptychography.{} is {}, {} … {} was expected", key, value, low, high));
}

void check_word(const char* key, const std::string& word, const std::vector<std::string>& known) {
  std::string list;
  for (const auto& k : known) {
    if (k == word) return;
    list += (list.empty() ? "" : ", ") + k;
  }
  const std::string nearest = nearest_word(word, known);
  throw ConfigError(fmt::format("ptychography.{} is '{}'", key, word), "",
                    (nearest.empty() ? "" : "did you mean '" + nearest + "'? ") + ("known: " + list));
}

// Conjugate directions are those of one function.
void check_cg(const PtychographyConfig& config) {
  const auto refuse = [](const std::string& what, const char* hint) {
    throw ConfigError("ptychography.engine is cg, which " + what, "", hint);
  };
  if (config.positions.correct)
    refuse("leaves positions as they are, but positions.correct is set", "lsqml moves them");
  if (config.momentum > 0.0)
    refuse(fmt::format("has directions of its own, but momentum is {}", config.momentum), "leave momentum out");
}

bool projects(const std::string& engine) { return engine == "dm" || engine == "raar"; }  // onto amplitudes

const std::vector<std::string> starts = {"flat", "back_propagated"}, likelihoods = {"amplitude", "poisson"};

}  // namespace

void PtychographyConfig::Probe::visit(ConfigVisitor& v) {
  v.value({"refine", "", "let the probe follow the frames"}, refine);
  v.value({"from", "", "sweep from which on the probe is refined", {0, 1e6}}, from);
  v.value({"support", "", "radius beyond which the probe is kept dark, of half the window; 0: none", {0, 1.5}},
          support);
  v.value({"keep_power", "", "keep the counts of the empty beam as they were given"}, keep_power);
  v.value({"orthogonalise", "", "modes are made orthogonal every so many sweeps; 0: at the end only", {0, 1e6}},
          orthogonalise);
}

void PtychographyConfig::Positions::visit(ConfigVisitor& v) {
  v.value({"correct", "", "let the positions follow the frames"}, correct);
  v.value({"from", "", "sweep from which on positions are corrected", {0, 1e6}}, from);
  v.value({"largest_move", "pixel", "farthest that a position moves in one sweep", {0, 100}}, largest_move);
  v.value({"largest_shift", "pixel", "farthest that a position moves from the one that was given", {0, 1e4}},
          largest_shift);
  v.value({"step", "", "of the gradient's step", {0, 10}}, step);
  v.value({"drift", "", "what is smooth over the scan is corrected as a whole: 0 not, 1 affine, 2 quadratic", {0, 2}},
          drift);
}

void PtychographyConfig::Regularisation::visit(ConfigVisitor& v) {
  v.value({"largest_amplitude", "", "|O| is cut here after every sweep; 0: never", {0, 100}}, largest_amplitude);
  v.value({"smoothness", "", "step of one diffusion of the object after every sweep", {0, 0.125}}, smoothness);
  v.value({"total_variation", "", "step of one descent of the object's total variation after every sweep", {0, 0.125}},
          total_variation);
}

void PtychographyConfig::visit(ConfigVisitor& v) {
  v.value({"engine", "", "how the object is found", {}, engine_names()}, engine);
  v.value({"start", "", "object to begin with", {}, starts}, start);
  v.value({"likelihood", "", "of the counts: amplitudes with Gaussian noise, or Poisson's", {}, likelihoods},
          likelihood);
  v.value({"sweeps", "", "passes over the frames, at most", {0, 1e6}}, sweeps);
  v.value({"warm_up", "", "sweeps of rpie before the engine: it is the quickest to find the coarse phase", {0, 1e6}},
          warm_up);
  v.value({"tolerance", "", "converged when the object changed by less than this over ten sweeps; 0: never", {0, 1}},
          tolerance);
  v.value({"batch",
           "",
           "frames of an update; 0: what suits the engine (lsqml: all, or 8 where probe or positions follow)",
           {0, 1e6}},
          batch);
  v.value({"seed", "", "of the order of the frames", {}}, seed);
  v.value({"object_step", "", "share of the object's step that is taken; 0: what suits the engine", {0, 2}},
          object_step);
  v.value({"probe_step", "", "share of the probe's step that is taken; 0: what suits the engine", {0, 2}}, probe_step);
  v.value({"alpha",
           "",
           "rpie: share of the brightest illumination in the denominator; 0: 0.1, and 0.3 where the probe is refined",
           {0, 1}},
          alpha);
  v.value({"damping",
           "",
           "lsqml, cg: share of the brightest illumination in the preconditioner; 0: 0.1 for lsqml, 0.02 for cg",
           {0, 1}},
          damping);
  v.value({"coarse_phase", "", "cg: precondition what is wider than the probe by how little frames say of it"},
          coarse_phase);
  v.value({"line_search", "", "cg: share of the frames that the length of a step is measured at, 64 or more", {0, 1}},
          line_search);
  v.value({"relaxation", "", "raar: β", {0, 1}}, relaxation);
  v.value({"noise_bound",
           "",
           "dm, raar: share of counting noise left in a frame's error; 0: none, −1: what suits the engine",
           {-1, 10}},
          noise_bound);
  v.value({"momentum",
           "",
           "most of a sweep's change that the next one begins beyond; −1: what suits the engine",
           {-1, 0.99}},
          momentum);
  v.value({"memory",
           "GiB",
           "for frames, moved probes and waves on each rank; 0: 4 on a CPU, half of what its GPU has free",
           {0, 1e6}},
          memory);
  v.value({"shift_raster", "", "positions are rounded to this part of a pixel; 0: not at all", {0, 1024}},
          shift_raster);
  v.section({"probe", "", "refinement of the probe"}, probe);
  v.section({"positions", "", "correction of positions"}, positions);
  v.section({"regularisation", "", "what is known of the object beforehand"}, regularisation);
}

void PtychographyConfig::validate() const {
  check_word("engine", engine, engine_names());
  check_word("start", start, starts);
  check_word("likelihood", likelihood, likelihoods);
  check("sweeps", sweeps, 0, 1e6);
  check("warm_up", warm_up, 0, 1e6);
  check("tolerance", tolerance, 0, 1);
  check("batch", batch, 0, 1e6);
  check("object_step", object_step, 0, 2);
  check("probe_step", probe_step, 0, 2);
  check("alpha", alpha, 0, 1);
  check("damping", damping, 0, 1);
  check("line_search", line_search, 0, 1);
  check("relaxation", relaxation, 0, 1);
  check("noise_bound", noise_bound, -1, 10);
  check("momentum", momentum, -1, 0.99);
  check("memory", memory, 0, 1e6);
  check("shift_raster", shift_raster, 0, 1024);
  check("probe.support", probe.support, 0, 1.5);
  check("positions.largest_move", positions.largest_move, 0, 100);
  check("positions.largest_shift", positions.largest_shift, 0, 1e4);
  check("positions.step", positions.step, 0, 10);
  check("positions.drift", positions.drift, 0, 2);
  check("regularisation.largest_amplitude", regularisation.largest_amplitude, 0, 100);
  check("regularisation.smoothness", regularisation.smoothness, 0, 0.125);
  check("regularisation.total_variation", regularisation.total_variation, 0, 0.125);
  if (engine == "cg") check_cg(*this);
  if (likelihood == "poisson" && projects(engine))
    throw ConfigError("ptychography.likelihood is poisson, but " + engine + " projects onto amplitudes", "",
                      "lsqml has both likelihoods");
}

PtychographyConfig PtychographyConfig::by_engine(const std::string& name) const {
  const PtychographyConfig usual;
  PtychographyConfig other = *this;
  other.engine = name;
  other.warm_up = usual.warm_up;
  other.batch = usual.batch;
  other.momentum = usual.momentum;
  other.damping = usual.damping;
  if (projects(name)) other.likelihood = usual.likelihood;
  return other;
}

}  // namespace locum::imaging
