#include "surrogates/train/small_matrix.hpp"

#include <algorithm>
#include <cmath>

namespace locum::train {
namespace {

double dot(const double* a, const double* b, int n) {
  double sum = 0.0;
  for (int k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

}  // namespace

SmallMatrix product(const SmallMatrix& a, const SmallMatrix& b) {
  SmallMatrix c(a.rows, b.columns);
  for (int i = 0; i < a.rows; ++i) {
    double* out = c.row(i);
    for (int k = 0; k < a.columns; ++k) {
      const double f = a(i, k);
      const double* from = b.row(k);
      for (int j = 0; j < b.columns; ++j) out[j] += f * from[j];
    }
  }
  return c;
}

SmallMatrix product_transposed_left(const SmallMatrix& a, const SmallMatrix& b) { return product(transposed(a), b); }

SmallMatrix transposed(const SmallMatrix& a) {
  SmallMatrix t(a.columns, a.rows);
  for (int i = 0; i < a.rows; ++i)
    for (int k = 0; k < a.columns; ++k) t(k, i) = a(i, k);
  return t;
}

SmallMatrix orthonormal(const SmallMatrix& a) {
  SmallMatrix q = transposed(a);  // its rows are the columns
  const int n = q.columns;
  for (int k = 0; k < q.rows; ++k) {
    double* column = q.row(k);
    int unit = 0;
    for (double before = std::sqrt(dot(column, column, n));;) {
      for (int pass = 0; pass < 2; ++pass)
        for (int j = 0; j < k; ++j) {
          const double share = dot(q.row(j), column, n);
          for (int i = 0; i < n; ++i) column[i] -= share * q.row(j)[i];
        }
      const double left = std::sqrt(dot(column, column, n));
      if (left > 1e-10 * before) {
        for (int i = 0; i < n; ++i) column[i] /= left;
        break;
      }
      std::fill(column, column + n, 0.0);  // nothing of its own: the next axis instead
      column[unit++] = 1.0;
      before = 1.0;
    }
  }
  return transposed(q);
}

}  // namespace locum::train
