#include "kokkos_kernels/linalg/precision.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kokkos_kernels/base/errors.hpp"
#include "kokkos_kernels/linalg/dense.hpp"
#include "kokkos_kernels/random/philox.hpp"

namespace locum::linalg {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST(Precision, Bfloat16KnowsItsPublishedNumbers) {
  EXPECT_EQ(to_bf16(1.0f), 0x3f80);
  EXPECT_EQ(to_bf16(-2.0f), 0xc000);
  EXPECT_EQ(to_bf16(3.14159265f), 0x4049);  // 3.140625
  EXPECT_EQ(from_bf16(0x4049), 3.140625f);
  EXPECT_EQ(from_bf16(0x7f80), infinity);
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(std::nanf("")))));
}

TEST(Precision, Binary16KnowsItsPublishedNumbers) {
  EXPECT_EQ(to_fp16(1.0f), 0x3c00);
  EXPECT_EQ(to_fp16(-2.0f), 0xc000);
  EXPECT_EQ(to_fp16(65504.0f), 0x7bff);          // the largest
  EXPECT_EQ(to_fp16(65519.9f), 0x7bff);          // still nearer to it than to the next
  EXPECT_EQ(to_fp16(65520.0f), 0x7c00);          // infinite
  EXPECT_EQ(to_fp16(6.103515625e-5f), 0x0400);   // the smallest normal number
  EXPECT_EQ(to_fp16(5.960464477539063e-8f), 1);  // the smallest of all
  EXPECT_EQ(to_fp16(2.980232238769531e-8f), 0);  // half of it: to even
  EXPECT_EQ(to_fp16(0.333251953125f), 0x3555);   // nearest to a third
  EXPECT_EQ(to_fp16(-0.0f), 0x8000);
  EXPECT_EQ(to_fp16(-infinity), 0xfc00);
  EXPECT_TRUE(std::isnan(from_fp16(to_fp16(std::nanf("")))));
}

TEST(Precision, EveryBinary16AndBfloat16SurvivesTheWayToFloatAndBack) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto bits = static_cast<std::uint16_t>(h);
    if ((h & 0x7c00) != 0x7c00 || (h & 0x3ff) == 0) {
      ASSERT_EQ(to_fp16(from_fp16(bits)), bits);
      ASSERT_EQ(rounded_to_fp16(from_fp16(bits)), from_fp16(bits));
    }
    if ((h & 0x7f80) != 0x7f80 || (h & 0x7f) == 0) {
      ASSERT_EQ(to_bf16(from_bf16(bits)), bits);
    }
  }
}

TEST(Precision, RoundingIsToTheNearestAndTiesGoToEven) {
  EXPECT_EQ(rounded_to_tf32(1.0f + 0x1p-11f), 1.0f);
  EXPECT_EQ(rounded_to_tf32(1.0f + 0x3p-11f), 1.0f + 0x1p-9f);
  EXPECT_EQ(rounded_to_bf16(1.0f + 0x1p-8f), 1.0f);
  EXPECT_EQ(rounded_to_bf16(1.0f + 0x3p-8f), 1.0f + 0x1p-6f);
  EXPECT_EQ(rounded_to_fp16(1.0f + 0x1p-11f), 1.0f);
  EXPECT_EQ(rounded_to_fp16(1.0f + 0x3p-11f), 1.0f + 0x1p-9f);
  const struct {
    Precision precision;
    double half_unit;
  } formats[] = {{Precision::tf32, 0x1p-11}, {Precision::bf16, 0x1p-8}, {Precision::fp16, 0x1p-11}};
  for (const auto& f : formats)
    for (int k = 0; k < 2000; ++k) {
      const float x =
          std::ldexp(static_cast<float>(random::uniform(1, random::Stream::bootstrap, k, 0)) - 0.5f, k % 20 - 9);
      EXPECT_LE(std::abs(rounded(x, f.precision) - x), f.half_unit * std::abs(x) + 0x1p-25) << x;
      EXPECT_EQ(rounded(rounded(x, f.precision), f.precision), rounded(x, f.precision));
      EXPECT_EQ(rounded(-x, f.precision), -rounded(x, f.precision));
    }
  EXPECT_EQ(rounded(0.1f, Precision::fp32), 0.1f);
}

TEST(Precision, InfinitiesAndNotANumberPassThroughEveryRounding) {
  for (const Precision p : {Precision::fp32, Precision::tf32, Precision::bf16, Precision::fp16}) {
    EXPECT_EQ(rounded(infinity, p), infinity);
    EXPECT_EQ(rounded(-infinity, p), -infinity);
    EXPECT_TRUE(std::isnan(rounded(std::nanf(""), p)));
  }
}

TEST(Precision, NamesAreKnownBothWays) {
  for (std::size_t k = 0; k < precision_names().size(); ++k)
    EXPECT_EQ(static_cast<std::size_t>(precision_of(precision_names()[k])), k);
  EXPECT_THROW(precision_of("fp8"), ConfigError);
}

// A product of fewer bits is that of rounded operands, for every shape of transposition, stride and batch.
TEST(Precision, BatchedProductsRoundTheirOperandsOnly) {
  const int rows = 5, columns = 3, inner = 7, batch = 3;
  for (const Precision p : {Precision::fp32, Precision::tf32, Precision::bf16, Precision::fp16})
    for (const Op op_a : {Op::none, Op::transpose})
      for (const Op op_b : {Op::none, Op::transpose}) {
        const int a_row = 9, b_row = 8;  // wider than the matrices
        View<float*> a("a", 7 * a_row * batch), b("b", 7 * b_row), c("c", rows * columns * batch);
        const auto ah = Kokkos::create_mirror_view(a), bh = Kokkos::create_mirror_view(b);
        for (int k = 0; k < ah.extent_int(0); ++k)
          ah(k) = static_cast<float>(random::uniform(2, random::Stream::bootstrap, k, 1)) - 0.5f;
        for (int k = 0; k < bh.extent_int(0); ++k)
          bh(k) = static_cast<float>(random::uniform(2, random::Stream::bootstrap, k, 2)) - 0.5f;
        Kokkos::deep_copy(a, ah);
        Kokkos::deep_copy(b, bh);
        Kokkos::deep_copy(c, 1.0f);
        gemm_batched({}, p, op_a, op_b, rows, columns, inner, 1.0f, a.data(), a_row, 7 * a_row, b.data(), b_row, 0,
                     0.5f, c.data(), columns, rows * columns, batch);
        const auto ch = host_copy(c);
        for (int m = 0; m < batch; ++m)
          for (int i = 0; i < rows; ++i)
            for (int j = 0; j < columns; ++j) {
              double sum = 0.5;
              for (int k = 0; k < inner; ++k)
                sum += static_cast<double>(
                           rounded(ah(7 * a_row * m + (op_a == Op::none ? i * a_row + k : k * a_row + i)), p)) *
                       rounded(bh(op_b == Op::none ? k * b_row + j : j * b_row + k), p);
              // Seven products of at most 0.25, summed in single precision; a GPU may round its operands otherwise.
              EXPECT_NEAR(ch((m * rows + i) * columns + j), sum, device_is_host || p == Precision::fp32 ? 1e-6 : 2e-2);
            }
      }
  gemm_batched({}, Precision::bf16, Op::none, Op::none, 0, 3, 4, 1.0f, nullptr, 4, 0, nullptr, 3, 0, 0.0f, nullptr, 3,
               0, 1);
}

}  // namespace
}  // namespace locum::linalg
