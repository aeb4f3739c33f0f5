// Fast electrons: wavelength and interaction with a potential.
#pragma once

namespace locum::imaging {

// h²/(2π m0 e), V·Å²: the projected potential's transform is this times the scattering factor in Å (Kirkland, Advanced
// Computing in Electron Microscopy, 2nd ed., equation 5.17).
double potential_constant();

// λ, Å, of electrons of `energy` keV (equation 5.2). Throws ConfigError unless energy > 0.
double wavelength(double energy);

// σ = 2π γ m0 e λ / h², rad V⁻¹ Å⁻¹ (equation 5.6).
double interaction_parameter(double energy);

}  // namespace locum::imaging
