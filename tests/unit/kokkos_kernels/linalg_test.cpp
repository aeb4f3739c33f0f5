#include <gtest/gtest.h>

#include <complex>
#include <vector>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/linalg/eigen.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::linalg {
namespace {

using Complex = Kokkos::complex<double>;

double noise(std::uint32_t i, std::uint32_t j, std::uint32_t stream = 0) {
  return random::philox({{i, j, stream, 0}}, 7).word[0] / 2147483648.0 - 1.0;
}

template <class T>
Matrix<T> random_matrix(int rows, int columns, std::uint32_t stream) {
  Matrix<T> m("random", rows, columns);
  auto host = Kokkos::create_mirror_view(m);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) host(i, j) = static_cast<T>(noise(i, j, stream));
  Kokkos::deep_copy(m, host);
  return m;
}

Matrix<double> positive_definite(int n) {
  const auto a = random_matrix<double>(n + 3, n, 5);
  Matrix<double> c("positive", n, n);
  gram<double>({}, 1.0, a, 0.0, c);
  return c;
}

// Sums of `inner` products of numbers below one: rounding grows with inner.
template <class T>
double tolerance(int inner) {
  return 4.0 * (inner + 1) * std::numeric_limits<T>::epsilon();
}

template <class T>
void gemm_agrees_with_plain_sums(int m, int n, int k, Op op_a, Op op_b) {
  const auto a = op_a == Op::none ? random_matrix<T>(m, k, 1) : random_matrix<T>(k, m, 1);
  const auto b = op_b == Op::none ? random_matrix<T>(k, n, 2) : random_matrix<T>(n, k, 2);
  const auto c = random_matrix<T>(m, n, 3);
  const auto before = host_copy(random_matrix<T>(m, n, 3));
  gemm<T>({}, op_a, op_b, T(0.5), a, b, T(2), c);
  const auto ah = host_copy(a), bh = host_copy(b), ch = host_copy(c);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double sum = 0.0;
      for (int l = 0; l < k; ++l)
        sum += double(op_a == Op::none ? ah(i, l) : ah(l, i)) * double(op_b == Op::none ? bh(l, j) : bh(j, l));
      ASSERT_NEAR(ch(i, j), 0.5 * sum + 2.0 * before(i, j), tolerance<T>(k)) << i << " " << j;
    }
}

TEST(Gemm, AgreesWithPlainSums) {
  for (const Op op_a : {Op::none, Op::transpose})
    for (const Op op_b : {Op::none, Op::transpose}) {
      gemm_agrees_with_plain_sums<double>(33, 17, 41, op_a, op_b);
      gemm_agrees_with_plain_sums<float>(33, 17, 41, op_a, op_b);
      gemm_agrees_with_plain_sums<double>(1, 1, 1, op_a, op_b);
      gemm_agrees_with_plain_sums<double>(3, 2, 0, op_a, op_b);
      gemm_agrees_with_plain_sums<double>(0, 2, 5, op_a, op_b);
    }
}

TEST(Gemm, TakesSubViewsOfColumns) {
  const auto a = random_matrix<double>(5, 9, 1), b = random_matrix<double>(4, 6, 2),
             c = random_matrix<double>(5, 11, 3);
  const auto part_a = Kokkos::subview(a, Kokkos::ALL(), std::pair<int, int>(2, 6));
  const auto part_c = Kokkos::subview(c, Kokkos::ALL(), std::pair<int, int>(3, 9));
  gemm<double>({}, Op::none, Op::none, 1.0, part_a, b, 0.0, part_c);
  const auto ah = host_copy(a), bh = host_copy(b), ch = host_copy(c);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 6; ++j) {
      double sum = 0.0;
      for (int l = 0; l < 4; ++l) sum += ah(i, 2 + l) * bh(l, j);
      EXPECT_NEAR(ch(i, 3 + j), sum, tolerance<double>(4));
    }
  EXPECT_DOUBLE_EQ(ch(0, 2), noise(0, 2, 3));  // columns outside the sub-view are left alone
  EXPECT_DOUBLE_EQ(ch(4, 9), noise(4, 9, 3));
}

// Small integers are the same in every format: whatever multiplies them, the product is exact.
TEST(GemmBatched, IsExactForOperandsThatFitTheFormat) {
  const int m = 5, n = 33, k = 70;
  const auto integers = [](int rows, int columns, std::uint32_t stream) {
    const Matrix<float> matrix("integers", rows, columns);
    const auto host = Kokkos::create_mirror_view(matrix);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) host(i, j) = static_cast<float>(static_cast<int>(100.0 * noise(i, j, stream)));
    Kokkos::deep_copy(matrix, host);
    return matrix;
  };
  for (const Op op : {Op::none, Op::transpose}) {
    const auto a = op == Op::none ? integers(m, k, 1) : integers(k, m, 1), b = integers(k, n, 2);
    const Matrix<float> plain("plain", m, n);
    gemm<float>({}, op, Op::none, 1.0f, a, b, 0.0f, plain);
    const auto expected = host_copy(plain);
    for (const Precision precision : {Precision::tf32, Precision::bf16, Precision::fp16}) {
      const Matrix<float> c("c", m, n);
      gemm_batched({}, precision, op, Op::none, m, n, k, 1.0f, a.data(), static_cast<int>(a.stride(0)), 0, b.data(), n,
                   0, 0.0f, c.data(), n, 0, 1);
      const auto found = host_copy(c);
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) ASSERT_EQ(found(i, j), expected(i, j)) << i << " " << j;
    }
  }
}

TEST(Gemm, ShapesThatDoNotFitAreRefused) {
  const Matrix<double> a("a", 3, 4), b("b", 5, 2), c("c", 3, 2);
  EXPECT_THROW(gemm<double>({}, Op::none, Op::none, 1.0, a, b, 0.0, c), ConfigError);
}

TEST(GemmBatched, IsTheSameAsOneByOne) {
  const int batch = 3, m = 7, n = 5, k = 4;
  const auto a = random_matrix<float>(batch * m, k, 1), b = random_matrix<float>(n, k, 2);
  const Matrix<float> c("c", batch * m, n), reference("reference", batch * m, n);
  // b is shared by the batch: a stride of zero.
  gemm_batched<float>({}, Op::none, Op::transpose, m, n, k, 1.0f, a.data(), k, m * k, b.data(), k, 0, 0.0f, c.data(), n,
                      m * n, batch);
  gemm<float>({}, Op::none, Op::transpose, 1.0f, a, b, 0.0f, reference);
  const auto ch = host_copy(c), rh = host_copy(reference);
  for (int i = 0; i < batch * m; ++i)
    for (int j = 0; j < n; ++j) EXPECT_NEAR(ch(i, j), rh(i, j), tolerance<float>(k));
}

TEST(Gram, WritesBothTriangles) {
  const auto a = random_matrix<double>(20, 13, 1);
  const Matrix<double> c("c", 13, 13), reference("reference", 13, 13);
  gram<double>({}, 2.0, a, 0.0, c);
  gemm<double>({}, Op::transpose, Op::none, 2.0, a, a, 0.0, reference);
  const auto ch = host_copy(c), rh = host_copy(reference);
  for (int i = 0; i < 13; ++i)
    for (int j = 0; j < 13; ++j) EXPECT_NEAR(ch(i, j), rh(i, j), 2 * tolerance<double>(20));
}

TEST(Gram, OfTheUpperTriangleIsTheSameAndLeavesTheLowerOneAlone) {
  const auto a = random_matrix<double>(20, 13, 1), both = random_matrix<double>(13, 13, 4),
             upper = random_matrix<double>(13, 13, 4);
  gram<double>({}, 2.0, a, 0.5, both);
  gram_upper<double>({}, 2.0, a, 0.5, upper);
  const auto bh = host_copy(both), uh = host_copy(upper);
  for (int i = 0; i < 13; ++i)
    for (int j = 0; j < 13; ++j) EXPECT_EQ(uh(i, j), j >= i ? bh(i, j) : noise(i, j, 4)) << i << " " << j;
}

TEST(Cholesky, SolvesForEveryRightHandSide) {
  const int n = 37, count = 3;
  const auto a = positive_definite(n), factor = positive_definite(n);
  const auto x = random_matrix<double>(count, n, 9);
  cholesky({}, factor);
  cholesky_solve({}, factor, x);
  const Matrix<double> back("back", count, n);
  gemm<double>({}, Op::none, Op::none, 1.0, x, a, 0.0, back);
  const auto bh = host_copy(back);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < n; ++j) EXPECT_NEAR(bh(i, j), noise(i, j, 9), 1e-9);  // condition number of order 1e4
}

TEST(Cholesky, TriangularSolveGivesTheQuadraticForm) {
  const int n = 11;
  const auto factor = positive_definite(n);
  cholesky({}, factor);
  const auto x = random_matrix<double>(2, n, 9), y = random_matrix<double>(2, n, 9);
  cholesky_solve({}, factor, x);
  triangular_solve({}, factor, y);
  const auto xh = host_copy(x), yh = host_copy(y);
  for (int i = 0; i < 2; ++i) {
    double form = 0.0, square = 0.0;
    for (int j = 0; j < n; ++j) {
      form += xh(i, j) * noise(i, j, 9);
      square += yh(i, j) * yh(i, j);
    }
    EXPECT_NEAR(square / form, 1.0, 1e-10);
  }
}

TEST(Cholesky, NamesThePivotThatFails) {
  const Matrix<double> a("a", 3, 3);
  auto host = Kokkos::create_mirror_view(a);
  host(0, 0) = 1.0;
  host(1, 1) = -1.0;
  host(2, 2) = 1.0;
  Kokkos::deep_copy(a, host);
  try {
    cholesky({}, a);
    FAIL() << "a negative pivot went through";
  } catch (const NumericalError& error) {
    EXPECT_NE(std::string(error.what()).find("pivot 2 of 3"), std::string::npos) << error.what();
  }
}

template <class T>
Matrix<T> random_hermitian(int n);
template <>
Matrix<double> random_hermitian(int n) {
  Matrix<double> a("a", n, n);
  auto host = Kokkos::create_mirror_view(a);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) host(i, j) = host(j, i) = noise(i, j, 4);
  Kokkos::deep_copy(a, host);
  return a;
}
template <>
Matrix<Complex> random_hermitian(int n) {
  Matrix<Complex> a("a", n, n);
  auto host = Kokkos::create_mirror_view(a);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j) {
      host(i, j) = Complex(noise(i, j, 4), i == j ? 0.0 : noise(i, j, 6));
      host(j, i) = Kokkos::conj(host(i, j));
    }
  Kokkos::deep_copy(a, host);
  return a;
}

void solve(EigenSolver& s, Matrix<double> a, View<double*> e, Matrix<double> v, int wanted) {
  s.symmetric({}, a, e, v, wanted);
}
void solve(EigenSolver& s, Matrix<Complex> a, View<double*> e, Matrix<Complex> v, int wanted) {
  s.hermitian({}, a, e, v, wanted);
}
double conj_of(double x) { return x; }
Complex conj_of(Complex x) { return Kokkos::conj(x); }

// A v = e v, vᴴ v = 1, and ascending values: all that an eigenproblem says.
template <class T>
void eigenpairs_fulfil_their_equation(EigenSolver& solver, int n, int wanted) {
  const View<double*> values("values", n);
  const Matrix<T> vectors("vectors", wanted, n);
  const auto a = host_copy(random_hermitian<T>(n));
  solve(solver, random_hermitian<T>(n), values, vectors, wanted);
  const auto e = host_copy(values);
  const auto v = host_copy(vectors);
  const double bound = 2e-14 * (n + 1);  // backward stable: a few n ε ‖A‖
  double trace = 0.0;
  for (int i = 0; i < n; ++i) {
    trace += Complex(a(i, i)).real() - e(i);
    ASSERT_GE(e(i), e(i > 0 ? i - 1 : 0));
  }
  EXPECT_NEAR(trace, 0.0, n * bound);
  for (int k = 0; k < wanted; ++k) {
    for (int i = 0; i < n; ++i) {
      T sum = -e(k) * v(k, i);
      for (int j = 0; j < n; ++j) sum += a(i, j) * v(k, j);
      ASSERT_NEAR(Kokkos::abs(Complex(sum)), 0.0, bound) << "row " << i << " of vector " << k;
    }
    for (int l = 0; l <= k; ++l) {
      T overlap = 0.0;
      for (int i = 0; i < n; ++i) overlap += conj_of(v(k, i)) * v(l, i);
      ASSERT_NEAR(Kokkos::abs(Complex(overlap) - (k == l ? 1.0 : 0.0)), 0.0, bound);
    }
  }
}

TEST(EigenSolver, SymmetricPairsFulfilTheirEquation) {
  EigenSolver solver;  // one workspace, growing and shrinking sizes
  for (const int n : {1, 2, 3, 31, 100, 260, 5}) eigenpairs_fulfil_their_equation<double>(solver, n, (n + 1) / 2);
  eigenpairs_fulfil_their_equation<double>(solver, 65, 65);
  eigenpairs_fulfil_their_equation<double>(solver, 65, 0);
}

TEST(EigenSolver, HermitianPairsFulfilTheirEquation) {
  EigenSolver solver;
  for (const int n : {1, 2, 3, 31, 100, 5}) eigenpairs_fulfil_their_equation<Complex>(solver, n, (n + 1) / 2);
  eigenpairs_fulfil_their_equation<Complex>(solver, 65, 65);
}

TEST(EigenSolver, DegenerateLevelsStayOrthogonal) {
  const int n = 48;
  const Matrix<double> a("a", n, n), vectors("vectors", n, n);
  Kokkos::deep_copy(a, 1.0);  // eigenvalue n once, 0 otherwise
  const View<double*> values("values", n);
  EigenSolver solver;
  solver.symmetric({}, a, values, vectors, n);
  const Matrix<double> overlap("overlap", n, n);
  gemm<double>({}, Op::none, Op::transpose, 1.0, vectors, vectors, 0.0, overlap);
  const auto o = host_copy(overlap);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) ASSERT_NEAR(o(i, j), i == j ? 1.0 : 0.0, 1e-12);
  EXPECT_NEAR(host_copy(values)(n - 1), n, 1e-11);
}

TEST(EigenSolver, RoomThatIsTooSmallIsRefused) {
  const Matrix<double> a("a", 4, 4), vectors("vectors", 1, 4);
  const View<double*> values("values", 4);
  EigenSolver solver;
  EXPECT_THROW(solver.symmetric({}, a, values, vectors, 2), ConfigError);
}

TEST(Threads, AreWhatWasAskedFor) {
  const int before = threads();
  set_threads(2);
  EXPECT_EQ(threads(), device_is_host ? 2 : before);  // a GPU library has no threads of the host
  set_threads(before);
}

}  // namespace
}  // namespace locum::linalg
