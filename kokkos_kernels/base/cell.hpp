// A periodic cell, triclinic in general, and the 3×3 arithmetic that it needs.
#pragma once

#include <array>
#include <cmath>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum {

struct Vec3 {
  double x = 0, y = 0, z = 0;
  KOKKOS_INLINE_FUNCTION double& operator[](int k) { return k == 0 ? x : k == 1 ? y : z; }
  KOKKOS_INLINE_FUNCTION double operator[](int k) const { return k == 0 ? x : k == 1 ? y : z; }
  KOKKOS_INLINE_FUNCTION friend Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  KOKKOS_INLINE_FUNCTION friend Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
  KOKKOS_INLINE_FUNCTION friend Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
};
KOKKOS_INLINE_FUNCTION double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
KOKKOS_INLINE_FUNCTION Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
KOKKOS_INLINE_FUNCTION double norm(Vec3 a) { return std::sqrt(dot(a, a)); }

// Row-major 3×3 matrix.
struct Mat3 {
  double m[3][3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
  KOKKOS_INLINE_FUNCTION double* operator[](int r) { return m[r]; }
  KOKKOS_INLINE_FUNCTION const double* operator[](int r) const { return m[r]; }
  KOKKOS_INLINE_FUNCTION Vec3 row(int r) const { return {m[r][0], m[r][1], m[r][2]}; }
  KOKKOS_INLINE_FUNCTION Mat3& operator+=(const Mat3& o) {
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) m[a][b] += o.m[a][b];
    return *this;
  }
};
Mat3 identity();
Mat3 operator*(const Mat3& a, const Mat3& b);
Mat3 operator*(double s, const Mat3& a);
Mat3 transpose(const Mat3& a);
double determinant(const Mat3& a);
Mat3 inverse(const Mat3& a);  // throws NumericalError for a singular matrix

// Rows of `h` are the lattice vectors, Å; r = s h with fractional coordinates s. Periodic in all three directions.
class Cell {
 public:
  Cell() : Cell(identity()) {}
  // Throws ConfigError unless the vectors are right-handed and span a volume.
  explicit Cell(const Mat3& h);

  KOKKOS_INLINE_FUNCTION const Mat3& vectors() const { return h_; }
  KOKKOS_INLINE_FUNCTION const Mat3& inverse_vectors() const { return inverse_; }
  KOKKOS_INLINE_FUNCTION double volume() const { return volume_; }
  // Distance between the pair of faces that vector d crosses, Å.
  KOKKOS_INLINE_FUNCTION double height(int d) const { return height_[d]; }

  KOKKOS_INLINE_FUNCTION Vec3 to_cartesian(Vec3 s) const { return multiply(s, h_); }
  KOKKOS_INLINE_FUNCTION Vec3 to_fractional(Vec3 r) const { return multiply(r, inverse_); }
  // Fractional coordinates brought into [0, 1).
  KOKKOS_INLINE_FUNCTION static Vec3 wrap(Vec3 s) {
    for (int k = 0; k < 3; ++k) {
      s[k] -= std::floor(s[k]);
      if (s[k] >= 1.0) s[k] = 0.0;  // −1e-20 rounds to 1
    }
    return s;
  }
  // The cell under a homogeneous deformation r → r (1 + strain).
  Cell strained(const Mat3& strain) const;

 private:
  KOKKOS_INLINE_FUNCTION static Vec3 multiply(Vec3 s, const Mat3& h) {
    return {s.x * h[0][0] + s.y * h[1][0] + s.z * h[2][0], s.x * h[0][1] + s.y * h[1][1] + s.z * h[2][1],
            s.x * h[0][2] + s.y * h[1][2] + s.z * h[2][2]};
  }
  Mat3 h_, inverse_;
  double volume_ = 1.0;
  double height_[3] = {1.0, 1.0, 1.0};
};

}  // namespace locum
