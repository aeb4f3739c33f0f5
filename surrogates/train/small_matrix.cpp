#include "surrogates/train/small_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace locum::train {
namespace {

double dot(const double* a, const double* b, int n) {
  double sum = 0.0;
  for (int k = 0; k < n; ++k) sum += a[k] * b[k];
  return sum;
}

// Rotates rows and columns p, q of a, and rows p, q of v, so that a(p, q) vanishes.
void rotate(SmallMatrix& a, SmallMatrix& v, int p, int q) {
  const int n = a.rows;
  const double theta = (a(q, q) - a(p, p)) / (2.0 * a(p, q));
  const double t = (theta >= 0.0 ? 1.0 : -1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1.0));
  const double c = 1.0 / std::sqrt(t * t + 1.0), s = t * c;
  for (int k = 0; k < n; ++k) {
    const double akp = a(k, p), akq = a(k, q);
    a(k, p) = c * akp - s * akq;
    a(k, q) = s * akp + c * akq;
  }
  for (int k = 0; k < n; ++k) {
    const double apk = a(p, k), aqk = a(q, k), vp = v(p, k), vq = v(q, k);
    a(p, k) = c * apk - s * aqk;
    a(q, k) = s * apk + c * aqk;
    v(p, k) = c * vp - s * vq;
    v(q, k) = s * vp + c * vq;
  }
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

SmallMatrix eigenvectors(SmallMatrix a) {
  const int n = a.rows;
  SmallMatrix v(n, n);
  for (int k = 0; k < n; ++k) v(k, k) = 1.0;
  double total = 0.0;
  for (const double x : a.values) total += x * x;
  for (int sweep = 0; sweep < 30; ++sweep) {
    double off = 0.0;
    for (int p = 0; p < n; ++p)
      for (int q = p + 1; q < n; ++q) off += a(p, q) * a(p, q);
    if (off <= 1e-30 * total) break;
    for (int p = 0; p < n; ++p)
      for (int q = p + 1; q < n; ++q)
        if (a(p, q) != 0.0) rotate(a, v, p, q);
  }
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int p, int q) { return a(p, p) > a(q, q); });
  SmallMatrix sorted(n, n);
  for (int k = 0; k < n; ++k)
    for (int i = 0; i < n; ++i) sorted(i, k) = v(order[k], i);
  return sorted;
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
