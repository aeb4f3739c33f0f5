#include "apps/commands.hpp"

namespace locum::apps {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"simulate", "run molecular dynamics, replicas of it that fill a dataset, or an imaging experiment",
       "input file (TOML)", true, run_simulate},
      {"reconstruct", "find the object from diffraction frames (ptychography)", "input file (TOML)", true,
       run_reconstruct},
      {"train", "train a surrogate on a dataset", "input file (TOML)", true, run_train},
      {"learn", "the whole loop: simulate, train, run production under the gate", "input file (TOML)", true, run_learn},
      {"analyze", "structure and diffusion of a trajectory", "trajectory (HDF5)", true, run_analyze},
      {"convert", "extended XYZ to a dataset and back, a model to ONNX", "file to convert (.xyz or .h5)", true,
       run_convert},
      {"inspect", "say what is in a file that Locum wrote", "file (HDF5)", true, run_inspect},
      {"benchmark", "check, then time; prints the rate and its share of the bound", "name of the benchmark", true,
       run_benchmark},
      {"info", "say how this program was built and what it finds", "", false, run_info},
  };
  return all;
}

}  // namespace locum::apps
