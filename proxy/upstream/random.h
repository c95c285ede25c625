/// Quick random numbers for spreading load. Not for secrets.
#pragma once

#include <cstdint>

namespace baton::upstream {

/// SplitMix64: one addition and three multiplications a number. The same seed gives the same numbers, which
/// tests use.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    /// Seeded by the kernel, so that workers do not choose in step.
    static Random seeded_by_kernel();

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// Evenly 0 … bound-1 (Lemire's multiplication; its bias of bound/2³² does not matter here). `bound` > 0.
    std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
    }

private:
    std::uint64_t state_;
};

}  // namespace baton::upstream
