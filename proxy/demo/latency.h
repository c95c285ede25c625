/// How long requests took, as a histogram of fixed size: percentiles within 3 % without keeping every value.
#pragma once

#include "server/event/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace baton::demo {

class Latency {
public:
    /// Counts one duration; below zero counts as zero, above 60 s as 60 s.
    void add(Duration duration);
    /// The duration that a `share` (0..1) of all counted ones does not exceed, to the upper border of its
    /// bucket; zero when nothing was counted.
    Duration percentile(double share) const;
    /// The longest one, exactly.
    Duration longest() const { return longest_; }
    std::uint64_t count() const { return count_; }

private:
    // Buckets of a microsecond up to 64 µs, then 32 to each doubling.
    static constexpr unsigned sub_bits = 5;
    static constexpr std::size_t bucket_count = (27 - sub_bits) << sub_bits;
    static std::size_t bucket_of(std::uint64_t microseconds);
    static std::uint64_t upper_border(std::size_t bucket);

    std::array<std::uint64_t, bucket_count> buckets_{};
    std::uint64_t count_ = 0;
    Duration longest_{0};
};

}  // namespace baton::demo
