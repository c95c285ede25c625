#include "proxy/demo/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace baton::demo {

using std::chrono::microseconds;

std::size_t Latency::bucket_of(std::uint64_t value) {
    if (value < std::uint64_t{2} << sub_bits) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - sub_bits - 1;
    return (std::size_t{shift} << sub_bits) + (value >> shift);
}

std::uint64_t Latency::upper_border(std::size_t bucket) {
    if (bucket < std::size_t{2} << sub_bits) return bucket;
    const std::size_t shift = (bucket >> sub_bits) - 1;
    const std::uint64_t leading = bucket - (shift << sub_bits);
    return ((leading + 1) << shift) - 1;
}

void Latency::add(Duration duration) {
    duration = std::clamp<Duration>(duration, Duration{0}, std::chrono::seconds{60});
    const auto value = static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(duration).count());
    ++buckets_[bucket_of(value)];
    ++count_;
    longest_ = std::max(longest_, duration);
}

Duration Latency::percentile(double share) const {
    if (count_ == 0) return Duration{0};
    const double rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
    const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted) return std::min<Duration>(microseconds{upper_border(bucket)}, longest_);
    }
    return longest_;
}

}  // namespace baton::demo
