#include "apps/ptychography/data_config.hpp"

#include <fmt/format.h>

#include "kokkos_kernels/base/errors.hpp"

namespace locum::apps {

void DataSetsConfig::visit(ConfigVisitor& v) {
  v.value({"source",
           "",
           "of the object: random, drawn as [simulation.object] says; or specimen, made of atoms as [specimen] says",
           {},
           {"random", "specimen"}},
          source);
  v.value(
      {"model",
       "",
       "of a specimen: multiplicative, its projected potential turns the phase; or multislice, the beam goes through "
       "it slice by slice",
       {},
       {"multiplicative", "multislice"}},
      model);
  v.value({"series", "", "data sets: data.cxi, or data_0000.cxi and so on", {1, 1e6}}, series);
  v.value({"first", "", "number of the first one: which object is drawn", {0, 1e9}}, first);
  v.value({"memory_GiB", "GiB", "that the ranks of a node may take together; 0: what the node has left", {0.0, 1e6}},
          memory_GiB);
}

void PtychographyOutputConfig::visit(ConfigVisitor& v) {
  v.value({"pictures", "", "write PNG and TIFF files of object, probe and frames"}, pictures);
  v.value({"drawn", "", "data sets of a series that are drawn", {0, 1000}}, drawn);
}

void PtychographyDataConfig::visit(ConfigVisitor& v) {
  v.value({"title", "", "of the run"}, title);
  v.value({"seed", "", "of thermal displacements", {0, 9e15}}, seed);
  v.section({"ptychography", "", "what is simulated; this section makes an input one for ptychographic data"},
            ptychography);
  v.section({"simulation", "", "detector, probe, scan, object and noise"}, simulation);
  v.section({"specimen", "", "source specimen: what the beam goes through"}, specimen);
  v.section({"thermal", "", "source specimen: how the atoms swing"}, thermal);
  v.section({"potential", "", "source specimen: of the atoms"}, potential);
  v.section({"slices", "", "model multislice: across the beam"}, slices);
  v.section({"output", "", "what is written"}, output);
  v.section({"energy", "", "how the energy that the run takes is known"}, energy);
}

void PtychographyDataConfig::validate() const {
  simulation.validate();
  energy.validate();
  if (!of_specimen()) {
    if (ptychography.model == "multislice")
      throw ConfigError("random objects have no atoms that multislice could go through", "ptychography.model",
                        "set ptychography.source = \"specimen\", or leave the model out");
    return;
  }
  specimen.validate();
  thermal.validate();
  potential.validate();
  slices.validate();
}

}  // namespace locum::apps
