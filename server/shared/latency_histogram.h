/// How long requests took until the first byte of their response, in buckets a 32nd of an octave wide:
/// what is read from them is 3 % too long at most.
#pragma once

#include "server/event/clock.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace baton::shared {

/// From 64 µs to 134 s; the first and the last bucket hold what is shorter and longer.
inline constexpr std::size_t latency_buckets = 672;
using LatencyCounts = std::array<std::uint64_t, latency_buckets>;

inline std::size_t latency_bucket(Duration latency) {
    const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count() / 1000, 64));
    const auto octave = static_cast<std::size_t>(std::bit_width(microseconds)) - 1;
    const std::size_t part = (microseconds >> (octave - 5)) & 31;
    return std::min((octave - 6) * 32 + part, latency_buckets - 1);
}

/// Everything in the bucket is shorter.
inline Duration latency_bound(std::size_t bucket) {
    const std::uint64_t parts = 32 + bucket % 32 + 1;
    return Duration{static_cast<std::int64_t>((parts << (bucket / 32 + 1)) * 1000)};
}

}  // namespace baton::shared
