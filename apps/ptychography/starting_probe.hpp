// The probe that a reconstruction begins with, and how many counts it has.
#pragma once

#include "apps/ptychography/diffraction_data.hpp"
#include "io/cxi/cxi_file.hpp"

namespace locum::apps {

// The file's probe or the microscope's, as start.probe says, into data.input. data.statistics is known. Throws
// ConfigError where there is none. One process's work.
void find_probe(DiffractionData& data, const Context& context, const ReconstructionConfig& config,
                const io::DiffractionFile& file);

// The wave whose amplitudes are those of the mean frame without the background, with the phases of a defocus: exp(iπλ d
// k²), underfocus (the crossover behind the specimen) being positive, as in [microscope]; in the middle of the window,
// (nx, ny), to a factor. Å. Pixels that the mask hides are dark. Throws ConfigError for a defocus without a wavelength.
std::vector<Ptychogram::Value> probe_of_mean_frame(const Ptychogram& input, const FrameStatistics& statistics,
                                                   double wavelength, double defocus);

// Share of the empty beam's counts that fall on valid pixels, Σ_valid Σ_m |F P_m|² / Σ: 1 without a mask.
double visible_share(const Ptychogram& input);

// Counts of the empty beam as the frames tell them: their mean without the background, over the share of the probe that
// valid pixels see. That is nearly right for a specimen that absorbs little. Below 0: too little is seen to tell.
double counts_of_beam(const Ptychogram& input, const FrameStatistics& statistics);

// Scales the probe to the frames' counts: always where it is the microscope's, else where it is more than three times
// off. Throws ConfigError for a probe that is 0.
void scale_probe(DiffractionData& data, bool always);

}  // namespace locum::apps
