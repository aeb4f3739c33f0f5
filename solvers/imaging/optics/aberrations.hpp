// Aberrations of a round lens and its parasites, in polar form up to fifth order:
//
//   χ(k) = (2π/λ) Σ_nm C_nm α^(n+1) / (n+1) cos(m (φ − φ_nm)),   α = λ|k|,  φ = atan2(ky, kx)
//
// (Krivanek, Dellby and Lupini, Ultramicroscopy 78, 1 (1999); the sum as in Kirkland, Advanced Computing in Electron
// Microscopy, 2nd ed., equation 2.22, with C10 = −defocus: underfocus is positive.) A lens multiplies a wave by
// exp(−iχ). Fresnel propagation by z is exp(−iπλz k²), so a probe of defocus d crosses over at z = d, and an image of
// defocus d shows the plane at a distance d before the exit.
#pragma once

#include <vector>

#include "kokkos_kernels/base/config.hpp"

namespace locum::imaging {

struct AberrationsConfig {
  double defocus = 0.0;   // Å, positive: underfocus; C10 = −defocus
  bool scherzer = false;  // defocus is √(1.5 Cs λ), signed like Cs; `defocus` must stay 0
  double Cs = 0.0;        // mm, C30
  // Å, and the azimuth of the largest phase, degrees from x towards y.
  double C12 = 0.0, phi12 = 0.0;                                                  // twofold astigmatism
  double C21 = 0.0, phi21 = 0.0, C23 = 0.0, phi23 = 0.0;                          // axial coma, threefold astigmatism
  double C32 = 0.0, phi32 = 0.0, C34 = 0.0, phi34 = 0.0;                          // star, fourfold astigmatism
  double C41 = 0.0, phi41 = 0.0, C43 = 0.0, phi43 = 0.0, C45 = 0.0, phi45 = 0.0;  // coma, three lobes, fivefold
  double C50 = 0.0;                                                               // spherical, fifth order
  double C52 = 0.0, phi52 = 0.0, C54 = 0.0, phi54 = 0.0, C56 = 0.0, phi56 = 0.0;  // star, rosette, sixfold

  void visit(ConfigVisitor& v);
  void validate() const;  // throws ConfigError
};

// √(1.5 |Cs| λ), Å, signed like Cs: the underfocus whose phase contrast passes the widest band with one sign (Kirkland,
// section 3.2; "extended" Scherzer focus). Cs: Å; energy: keV.
double scherzer_defocus(double Cs, double energy);

struct Aberration {
  int n, m;          // order and multiplicity
  double magnitude;  // C_nm, Å
  double angle;      // φ_nm, rad
};

class Aberrations {
 public:
  // Those of `config` that are not zero, for electrons of `energy` keV; `focus` Å is added to the defocus (a term of a
  // focal series). Throws ConfigError as validate() and wavelength() do.
  Aberrations(const AberrationsConfig& config, double energy, double focus = 0.0);

  double defocus() const;                    // Å, all told
  double phase(double kx, double ky) const;  // χ, rad, at spatial frequency k, Å⁻¹
  struct Vector {
    double x, y;
  };
  // ∇_k χ / 2π, Å: where the ray of frequency k crosses the plane of the specimen's entrance.
  Vector ray(double kx, double ky) const;
  const std::vector<Aberration>& terms() const { return terms_; }

 private:
  double lambda_ = 0.0;
  std::vector<Aberration> terms_;
};

}  // namespace locum::imaging
