// Shape checks that the CPU and the GPU twins share. Internal to linalg.
#pragma once

#include <algorithm>
#include <string>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"

namespace locum::linalg {

struct GemmShape {
  int rows, columns, inner;
};

inline std::string shape_text(std::size_t rows, std::size_t columns) {
  std::string text = "(";  // appended to: operator+ of a literal draws a false warning from GCC 12
  return text.append(std::to_string(rows)).append(", ").append(std::to_string(columns)).append(")");
}

// Elements from one row to the next, as BLAS wants it: never less than the number of columns, nor than one.
template <class M>
int row_stride(const M& m) {
  return static_cast<int>(std::max<std::size_t>({m.extent(0) > 1 ? m.stride(0) : 0, m.extent(1), 1}));
}

template <class M>
void require_unit_columns(const M& m, const char* where) {
  if (m.extent(1) > 1 && m.stride(1) != 1)
    throw ConfigError("a matrix has a column stride of " + std::to_string(m.stride(1)) + ", expected 1", where,
                      "pass row-major views, or sub-views of whole columns");
}

template <class A, class B, class C>
GemmShape gemm_shape(Op op_a, Op op_b, const A& a, const B& b, const C& c) {
  const auto a_rows = a.extent(op_a == Op::none ? 0 : 1), a_columns = a.extent(op_a == Op::none ? 1 : 0);
  const auto b_rows = b.extent(op_b == Op::none ? 0 : 1), b_columns = b.extent(op_b == Op::none ? 1 : 0);
  if (a_columns != b_rows || a_rows != c.extent(0) || b_columns != c.extent(1))
    throw ConfigError("matrix product of op(a) " + shape_text(a_rows, a_columns) + " and op(b) " +
                          shape_text(b_rows, b_columns) + " into c " + shape_text(c.extent(0), c.extent(1)),
                      "linalg::gemm", "the inner sizes must agree, and c be (rows of op(a), columns of op(b))");
  require_unit_columns(a, "linalg::gemm");
  require_unit_columns(b, "linalg::gemm");
  require_unit_columns(c, "linalg::gemm");
  return {static_cast<int>(a_rows), static_cast<int>(b_columns), static_cast<int>(a_columns)};
}

template <class M>
void require_square(const M& m, std::size_t n, const char* what, const char* where) {
  if (m.extent(0) != n || m.extent(1) != n)
    throw ConfigError(
        std::string(what) + " is " + shape_text(m.extent(0), m.extent(1)) + ", expected " + shape_text(n, n), where);
}

template <class M>
void require_right_hand_sides(const M& factor, const M& x, const char* where) {
  require_square(factor, factor.extent(0), "the factor", where);
  if (x.extent(1) != factor.extent(0))
    throw ConfigError("right-hand sides are " + shape_text(x.extent(0), x.extent(1)) + " for a factor of order " +
                          std::to_string(factor.extent(0)),
                      where, "each row of x is one right-hand side");
}

inline NumericalError not_positive_definite(int pivot, int n) {
  return NumericalError("pivot " + std::to_string(pivot) + " of " + std::to_string(n) + " is not positive",
                        "linalg::cholesky",
                        "the matrix is not positive definite: add to its diagonal, or drop "
                        "columns that depend on each other");
}

inline NumericalError eigen_failure(const std::string& routine, int info, int n) {
  return NumericalError(routine + " failed with info = " + std::to_string(info) + " for order " + std::to_string(n),
                        "linalg::EigenSolver", "the matrix may hold numbers that are not finite");
}

template <class M, class V>
void require_eigen_shapes(const M& a, const V& values, const M& vectors, int wanted) {
  const std::size_t n = a.extent(0);
  require_square(a, n, "the matrix", "linalg::EigenSolver");
  if (values.extent(0) < n || wanted < 0 || static_cast<std::size_t>(wanted) > n ||
      vectors.extent(0) < static_cast<std::size_t>(wanted) || (wanted > 0 && vectors.extent(1) != n))
    throw ConfigError("room for " + std::to_string(values.extent(0)) + " values and " +
                          shape_text(vectors.extent(0), vectors.extent(1)) + " vectors, wanted " +
                          std::to_string(wanted) + " of order " + std::to_string(n),
                      "linalg::EigenSolver");
}

// Both triangles from the upper one; under OpenBLAS and cuBLAS alike. A core takes a row, a GPU's thread a number.
template <class T>
void mirror_upper(const ExecutionSpace& space, const Matrix<T>& c) {
  const int n = static_cast<int>(c.extent(0)), pieces = device_is_host ? 1 : n;
  if (n == 0) return;
  const int length = n / pieces;
  using Policy = Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for(
      "linalg_mirror_upper", Policy(space, 0, static_cast<std::int64_t>(n) * pieces), KOKKOS_LAMBDA(std::int64_t item) {
        const int i = static_cast<int>(item / pieces), first = static_cast<int>(item % pieces) * length;
        for (int j = first; j < first + length && j < i; ++j) c(i, j) = c(j, i);
      });
}

}  // namespace locum::linalg
