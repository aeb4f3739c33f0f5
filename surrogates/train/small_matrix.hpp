// Products and orthogonal bases of matrices of a few dozen rows, on the host: what preconditioners are made of. A call
// of a BLAS costs more than the work at these sizes, and on a GPU they would be launches.
#pragma once

#include <vector>

namespace locum::train {

struct SmallMatrix {
  int rows = 0, columns = 0;
  std::vector<double> values;  // row-major
  SmallMatrix() = default;
  SmallMatrix(int r, int c) : rows(r), columns(c), values(static_cast<std::size_t>(r) * c, 0.0) {}
  double* row(int r) { return values.data() + static_cast<std::size_t>(r) * columns; }
  const double* row(int r) const { return values.data() + static_cast<std::size_t>(r) * columns; }
  double& operator()(int r, int c) { return row(r)[c]; }
  double operator()(int r, int c) const { return row(r)[c]; }
};

SmallMatrix product(const SmallMatrix& a, const SmallMatrix& b);                  // a b
SmallMatrix product_transposed_left(const SmallMatrix& a, const SmallMatrix& b);  // aᵀ b
SmallMatrix transposed(const SmallMatrix& a);

// Columns: an orthonormal basis of a's columns, in their order, by modified Gram–Schmidt done twice. A column that
// depends on those before it is replaced by a unit vector orthogonal to them.
SmallMatrix orthonormal(const SmallMatrix& a);

}  // namespace locum::train
