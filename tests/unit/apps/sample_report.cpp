#include "tests/unit/apps/sample_report.hpp"

#include <cmath>
#include <cstdint>

namespace locum::apps::testing {
namespace {

// splitmix64 (Steele, Lea & Flood 2014): only to scatter points.
double uniform(std::uint64_t k) {
  std::uint64_t z = (k + 1) * 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}
double normal(std::uint64_t k) {
  return std::sqrt(-2.0 * std::log(uniform(2 * k) + 1e-300)) * std::cos(6.283185307179586 * uniform(2 * k + 1));
}

std::vector<TimelineEntry> timeline(int steps) {
  std::vector<TimelineEntry> entries;
  for (int k = 0; k < steps; ++k) {
    TimelineEntry e;
    const double x = static_cast<double>(k) / steps;
    e.time = k;
    e.temperature = 300.0 + 1500.0 * x + 25.0 * normal(k);
    const double trouble = x > 0.55 && x < 0.68 ? 1.0 : (x > 0.85 && x < 0.9 ? 0.7 : 0.0);
    e.uncertainty = 0.12 * (1.0 + 2.0 * x * x) * std::exp(0.18 * normal(k + steps)) *
                    (1.0 + 1.6 * trouble * uniform(k + 2 * steps));
    e.player = e.uncertainty > 0.45 ? Player::solver : Player::surrogate;
    e.audited = e.player == Player::surrogate && uniform(k + 3 * steps) < 0.004;
    e.error = e.audited ? e.uncertainty * 0.45 * std::exp(0.3 * normal(k + 4 * steps)) : unknown;
    e.learned = k == static_cast<int>(0.68 * steps) || k == static_cast<int>(0.9 * steps);
    entries.push_back(e);
  }
  return entries;
}

ReportComparison comparison() {
  ReportComparison c;
  c.caption = "64 atoms, 600 K, 1 ps at constant energy";
  const double shells[][2] = {{2.35, 4.0}, {3.84, 12.0}, {4.50, 12.0}};
  for (int k = 0; k < 108; ++k) {
    const double r = 0.05 * (k + 0.5);
    c.r.push_back(r);
    double g = 0.0;
    for (const auto& s : shells) {
      const double width = 0.09 + 0.02 * s[0];
      g += s[1] / (4 * M_PI * r * r * 0.05) * std::exp(-0.5 * std::pow((r - s[0]) / width, 2)) / (width * 2.5066);
    }
    c.solver.rdf.push_back(g);
    c.surrogate.rdf.push_back(g * (1.0 + 0.02 * std::sin(5 * r)));
  }
  for (int k = 0; k < 200; ++k) {
    c.time.push_back(5.0 * k);
    const double msd = 0.05 * (1.0 - std::exp(-k / 8.0) * std::cos(k / 5.0));
    c.solver.msd.push_back(msd + 0.002 * normal(k));
    c.surrogate.msd.push_back(msd + 0.002 * normal(k + 1000));
    c.solver.energy_change.push_back(2e-5 * std::sin(k / 3.0));
    c.surrogate.energy_change.push_back(2e-5 * std::sin(k / 3.0 + 0.4) + 2e-9 * k);
  }
  c.observables = {{"first peak of g(r)", "Å", 2.351, 2.352},
                   {"mean square displacement, second half", "Å²", 0.0502, 0.0497},
                   {"drift of the energy", "meV/atom/ps", 0.0011, 0.0021},
                   {"mean temperature", "K", 598.0, 603.0}};
  return c;
}

}  // namespace

ReportData sample_report() {
  ReportData d;
  d.title = "Silicon, heated past what it was trained on";
  d.facts = {{"program", "locum 0.1.0 (3f2a91c, serial)"},
             {"ranks", "2"},
             {"date", "2026-11-21 03:10 UTC"},
             {"input", "inputs/silicon/quickstart.toml"},
             {"seed", "1"}};
  d.timeline = timeline(20000);
  ReportAccount& a = d.account;
  a.total = 20000;
  for (const auto& e : d.timeline) (e.player == Player::solver ? a.solver : a.surrogate) += 1, a.audited += e.audited;
  a.fallback = a.solver;
  a.fallback_fraction = static_cast<double>(a.fallback) / static_cast<double>(a.total);
  a.solver_call = 0.081, a.surrogate_call = 0.00198, a.gate_call = 0.00006;
  a.solver_s = a.solver_call * static_cast<double>(a.solver), a.surrogate_s = 39.6, a.gate_s = 1.2;
  a.training_s = 34.0, a.training_data_s = 28.0, a.io_s = 1.9, a.wall = 121.0;
  a.estimate = 0.0412, a.upper_95 = 0.0493, a.largest_error = 0.31, a.audits_exceeded = 3, a.coverage = 0.95;
  a.step = 9.4, a.application = 8.9, a.break_even_calls = 812.0, a.solver_only_s = 1620.0;
  a.energy_method = "rapl", a.joules = 9120.0;
  d.training = {960, 144, 2, 34.0, "cpu", "fp64", {{"validation", 0.0391, 1.9}, {"test", 0.0432, 2.4}}};
  d.parity.caption = "held-out trajectories, 300–1500 K";
  for (int k = 0; k < 60000; ++k) {
    const double f = 1.3 * normal(k) * (1.0 + uniform(k + 7));
    d.parity.solver.push_back(f);
    d.parity.surrogate.push_back(f + 0.04 * normal(k + 100000) * (1.0 + 0.5 * std::abs(f)));
  }
  d.threshold = 0.45;
  d.learning = {{13600.0, 13600, 1060, 6.2, 0.0402, 0.45}, {18000.0, 18000, 1104, 5.9, 0.0411, 0.45}};
  d.comparison = comparison();
  return d;
}

}  // namespace locum::apps::testing
