#include "kokkos_kernels/base/cell.hpp"

#include <string>

#include "kokkos_kernels/base/errors.hpp"

namespace locum {

Mat3 identity() {
  Mat3 a;
  for (int k = 0; k < 3; ++k) a[k][k] = 1.0;
  return a;
}

Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 c;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}

Mat3 operator*(double s, const Mat3& a) {
  Mat3 c = a;
  for (auto& row : c.m)
    for (double& value : row) value *= s;
  return c;
}

Mat3 transpose(const Mat3& a) {
  Mat3 t;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) t[i][j] = a[j][i];
  return t;
}

double determinant(const Mat3& a) { return dot(a.row(0), cross(a.row(1), a.row(2))); }

Mat3 inverse(const Mat3& a) {
  const double d = determinant(a);
  if (d == 0.0 || !std::isfinite(d))
    throw NumericalError("a 3×3 matrix has no inverse (determinant " + std::to_string(d) + ")");
  // Columns of the inverse are the reciprocal vectors.
  const Vec3 columns[3] = {cross(a.row(1), a.row(2)), cross(a.row(2), a.row(0)), cross(a.row(0), a.row(1))};
  Mat3 b;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) b[i][j] = columns[j][i] / d;
  return b;
}

Cell::Cell(const Mat3& h) : h_(h), volume_(determinant(h)) {
  if (!(volume_ > 1e-12) || !std::isfinite(volume_))
    throw ConfigError(
        "the cell vectors span a volume of " + std::to_string(volume_) + " Å^3, a positive one was expected", "",
        "give three independent vectors in right-handed order, in Å");
  inverse_ = inverse(h_);
  for (int d = 0; d < 3; ++d) height_[d] = volume_ / norm(cross(h_.row((d + 1) % 3), h_.row((d + 2) % 3)));
}

Cell Cell::strained(const Mat3& strain) const {
  Mat3 deformation = identity();
  deformation += strain;
  return Cell(h_ * deformation);
}

}  // namespace locum
