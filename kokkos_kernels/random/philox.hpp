// Counter-based random numbers: Philox4x32-10, Salmon et al., SC'11, "Parallel random numbers: as easy as 1, 2, 3".
//
// A number is a pure function of (seed, stream, what, when): it does not depend on who asks, nor on how many ranks.
#pragma once

#include <cmath>
#include <cstdint>

#include "kokkos_kernels/base/kokkos.hpp"

namespace locum::random {

struct Block {
  std::uint32_t word[4];
};

// Ten rounds of Philox over a counter of 128 bits with a key of 64 bits.
KOKKOS_INLINE_FUNCTION Block philox(Block counter, std::uint64_t key) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = 0xD2511F53ull * counter.word[0], p1 = 0xCD9E8D57ull * counter.word[2];
    counter = {{static_cast<std::uint32_t>(p1 >> 32) ^ counter.word[1] ^ k0, static_cast<std::uint32_t>(p1),
                static_cast<std::uint32_t>(p0 >> 32) ^ counter.word[3] ^ k1, static_cast<std::uint32_t>(p0)}};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

// Purposes draw from separate streams of one seed.
enum class Stream : std::uint32_t { velocity = 1, thermostat = 2, displacement = 3, audit = 4, shuffle = 5, weights = 6, bootstrap = 7, search = 8, dose = 9,
                                    object = 16, stage = 17, readout = 18, window = 19 };

// Random bits for item `what` (an atom's id, a sample) at time `when` (a timestep, an epoch).
// The counter: 48 bits of `what`, 48 of `when`, 8 of the stream, 24 of the draw.
KOKKOS_INLINE_FUNCTION Block bits(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t when, std::uint32_t draw = 0) {
  const Block counter = {{static_cast<std::uint32_t>(what), static_cast<std::uint32_t>(when),
                          (static_cast<std::uint32_t>(what >> 32) & 0xFFFFu) | (static_cast<std::uint32_t>(when >> 32) << 16),
                          (static_cast<std::uint32_t>(stream) << 24) | (draw & 0xFFFFFFu)}};
  return philox(counter, seed);
}

// Uniform in (0, 1), never 0 or 1, from 53 bits.
KOKKOS_INLINE_FUNCTION double to_uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t mantissa = ((static_cast<std::uint64_t>(high) << 32) | low) >> 12;
  return (static_cast<double>(mantissa) + 0.5) * 0x1.0p-52;
}

KOKKOS_INLINE_FUNCTION double uniform(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t when, std::uint32_t draw = 0) {
  const Block b = bits(seed, stream, what, when, draw);
  return to_uniform(b.word[0], b.word[1]);
}

struct NormalPair {
  double first, second;
};

// Two independent standard normal numbers (Box and Muller).
KOKKOS_INLINE_FUNCTION NormalPair normal_pair(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t when, std::uint32_t draw = 0) {
  const Block b = bits(seed, stream, what, when, draw);
  const double radius = std::sqrt(-2.0 * std::log(to_uniform(b.word[0], b.word[1])));
  const double angle = 6.283185307179586 * to_uniform(b.word[2], b.word[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace locum::random
