// Where simulated data sets come from: random objects, or a specimen of atoms.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/imaging/specimen_source.hpp"
#include "apps/ptychography/data_config.hpp"
#include "kokkos_kernels/base/context.hpp"

namespace locum::apps {

class DataSource {
 public:
  // Reads and makes the specimen where there is one. Throws as make_specimen_source does. Collective.
  DataSource(const Context& context, const PtychographyDataConfig& config);

  // The data set of this number, its frames made as they are read. Of a specimen under the multiplicative model it
  // takes the thermal configuration of its number, counted round; multislice averages over all of them, and its truth
  // is the phase object of the first. Collective.
  imaging::SimulatedPtychogram make(std::int64_t number) const;

  const std::string& description() const { return description_; }  // of the object, a line
  const std::string& fingerprint() const { return fingerprint_; }  // of atoms that come from elsewhere
  // Bytes that a node's ranks hold together, and each for itself, while frames of `set` are made.
  double shared_bytes() const { return shared_bytes_; }
  double rank_bytes(const imaging::SimulatedPtychogram& set) const;

 private:
  imaging::SimulatedPtychogram of_specimen(std::int64_t number) const;

  Context context_;
  PtychographyDataConfig config_;
  std::optional<SpecimenSource> specimen_;
  imaging::Grid cell_;         // of the specimen
  std::vector<double> edges_;  // of its slices
  double memory_ = 0.0;        // bytes that a node may give to transmission functions
  double shared_bytes_ = 0.0;
  std::string description_, fingerprint_;
};

}  // namespace locum::apps
