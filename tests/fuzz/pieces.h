/// Cuts fuzz input into pieces as a network would, and stops the fuzzer when a property does not hold.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace baton::fuzz {

/// Ends the process so that the fuzzer keeps the input.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "property broken: %s\n", property);
    std::abort();
}

/// Ends of pieces that depend on nothing but the seed.
class Cuts {
public:
    explicit Cuts(std::uint32_t seed) : state_(seed | 1) {}
    /// A piece's size: mostly a few bytes, sometimes many.
    std::size_t next() {
        state_ = state_ * 1664525 + 1013904223;
        return 1 + (state_ >> 24) % ((state_ & 0x10000) != 0 ? 100 : 4);
    }

private:
    std::uint32_t state_;
};

/// Calls `deliver` with what has arrived so far, piece by piece to the end of `text`, until it returns false.
template <class Deliver>
void grow_in_pieces(std::string_view text, std::uint32_t seed, Deliver deliver) {
    Cuts cuts{seed};
    for (std::size_t size = 0;;) {
        if (!deliver(text.substr(0, size)) || size == text.size()) return;
        size = std::min(text.size(), size + cuts.next());
    }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace baton::fuzz
