// Physical constants in Locum's one system of units: Å, eV, fs, u, K, e (CODATA 2018).
#pragma once

namespace locum::units {

inline constexpr double boltzmann = 8.617333262145e-5;  // eV/K
inline constexpr double pi = 3.14159265358979323846;
// 1 u Å²/fs² in eV: velocities are in Å/fs, so kinetic energy is ½ m v² · mass_to_energy.
inline constexpr double mass_to_energy = 103.642696562;
inline constexpr double ev_per_A3_in_gpa = 160.2176634;  // 1 eV/Å³ in GPa

}  // namespace locum::units
