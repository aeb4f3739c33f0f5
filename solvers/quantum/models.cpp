#include "solvers/quantum/models.hpp"

#include <algorithm>

namespace locum::quantum {

Radial with_tail(const Scaling& scaling, double tail_start, double cutoff) {
  Radial radial;
  radial.scaling = scaling;
  radial.tail_start = tail_start;
  radial.cutoff = cutoff;
  radial.log_rc = std::log(scaling.rc);
  radial.log_norm = std::log(scaling.r0) + std::pow(scaling.r0 / scaling.rc, scaling.nc);
  const ValueAndSlope f = radial.analytic(tail_start, std::log(tail_start));
  const double width = cutoff - tail_start;
  radial.tail[0] = f.value;
  radial.tail[1] = f.slope;
  radial.tail[2] = -(3.0 * f.value + 2.0 * f.slope * width) / (width * width);
  radial.tail[3] = (2.0 * f.value + f.slope * width) / (width * width * width);
  return radial;
}

TightBindingModel kwon_1994_silicon() {
  TightBindingModel model;
  model.name = "kwon-1994-si";
  model.citation = "I. Kwon, R. Biswas, C. Z. Wang, K. M. Ho, C. M. Soukoulis, Phys. Rev. B 49, 7242 (1994)";
  model.atomic_number = 14;
  ModelParameters& p = model.parameters;
  p.cutoff = 4.16;
  p.energy_s = -5.25;
  p.energy_p = 1.20;
  const double r0 = 2.360352, r1 = 4.0;
  const double v[channel_count] = {-2.038, 1.745, 2.75, -1.075};
  std::copy(v, v + channel_count, p.hopping);
  p.shapes = 3;  // ppσ and ppπ scale alike
  p.shape[0] = with_tail({r0, 2.0, 3.4, 9.5}, r1, p.cutoff);
  p.shape[1] = with_tail({r0, 2.0, 3.55, 8.5}, r1, p.cutoff);
  p.shape[2] = with_tail({r0, 2.0, 3.7, 7.5}, r1, p.cutoff);
  p.shape_of[pp_pi] = 2;
  p.repulsion = 1.0;
  p.repulsion_shape = with_tail({r0, 6.8755, 3.66995, 13.017}, r1, p.cutoff);
  const double embedding[5] = {8.7393204, 2.1604385, -0.1384393, 5.8398423e-3, -8.0263577e-5};
  std::copy(embedding, embedding + 5, p.embedding);
  return model;
}

TightBindingModel xu_1992_carbon() {
  TightBindingModel model;
  model.name = "xu-1992-c";
  model.citation = "C. H. Xu, C. Z. Wang, C. T. Chan, K. M. Ho, J. Phys.: Condens. Matter 4, 6047 (1992)";
  model.atomic_number = 6;
  ModelParameters& p = model.parameters;
  p.cutoff = 2.6;
  p.energy_s = -2.99;
  p.energy_p = 3.71;
  const double r0 = 1.536329, r1 = 2.45;
  const double v[channel_count] = {-5.0, 4.7, 5.5, -1.55};
  std::copy(v, v + channel_count, p.hopping);
  p.shapes = 1;
  p.shape[0] = with_tail({r0, 2.0, 2.18, 6.5}, r1, p.cutoff);
  for (int k = 0; k < channel_count; ++k) p.shape_of[k] = 0;
  p.repulsion = 8.18555;
  p.repulsion_shape = with_tail({1.64, 3.30304, 2.1052, 8.6655}, 2.57, p.cutoff);
  const double embedding[5] = {-2.5909765118191, 0.5721151498619, -1.7896349903996e-3, 2.3539221516757e-5,
                               -1.24251169551587e-7};
  std::copy(embedding, embedding + 5, p.embedding);
  return model;
}

Registry<TightBindingModel (*)()> tight_binding_models() {
  Registry<TightBindingModel (*)()> models("tight-binding model");
  models.add("kwon-1994-si", kwon_1994_silicon);
  models.add("xu-1992-c", xu_1992_carbon);
  return models;
}

}  // namespace locum::quantum
