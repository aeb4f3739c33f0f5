// How little likely counts I are where the model has M: a quarter of the deviance of Poisson's distribution,
//   ℓ = ½ (M − I − I ln(M / I)) = M h(r),   h = ½ (1 − r²) + r² ln r,   r = √(I / M)
// (−log L less its least value is 2ℓ). To second order ℓ = (√I − √M)², so that the errors of both likelihoods compare,
// and dℓ/dM = ½ (1 − r²) is the slope whose χ has α = ½ (frame_kernels.hpp). Where that χ is held, beyond r = 2 + √3, ℓ
// goes on as what has the held slope: h = 1 − 4r + c r², c = ln(2 + √3) + 2 (2 − √3). So a count where the model has
// none costs c, not infinitely much.
#pragma once

#include "solvers/imaging/ptychography/frames/frame_layout.hpp"

namespace locum::imaging {

// h of a pack of r ≥ 0, with a relative error below 1e-4: h / (1 − r)², smooth from ½ at r = 0 over 1 at r = 1 (where h
// itself is a small difference of large numbers), as the polynomial in r / (1 + r) of degree 7 that minimises its
// largest relative error.
KOKKOS_FORCEINLINE_FUNCTION FramePack quarter_deviance(FramePack ratio) {
  constexpr float held = 3.7320508f, slope = 9.8299076f, curvature = 1.8528563f;  // 2 + √3, h' there, c
  constexpr float k[8] = {0.50004693f,  0.97459613f, -1.20359379f,  6.89919373f,
                          -20.4604772f, 38.0582333f, -37.07237862f, 15.34149823f};
  const FramePack one = 1.0f, r = min(ratio, FramePack(held)), more = ratio - r, u = r / (one + r);
  FramePack sum = k[7];
  for (int i = 6; i >= 0; --i) sum = sum * u + FramePack(k[i]);
  return (one - r) * (one - r) * sum + more * (FramePack(slope) + FramePack(curvature) * more);
}

}  // namespace locum::imaging
