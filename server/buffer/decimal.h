/// Numbers in digits, most of which are short.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace baton {

/// The two digits of each number below 100.
inline constexpr std::array<char, 200> digit_pairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

/// Two digits of a number below 100.
inline char* write_pair(char* at, std::uint64_t number) {
    std::memcpy(at, digit_pairs.data() + 2 * number, 2);
    return at + 2;
}

/// At most 20 digits. Returns their end.
inline char* write_decimal(char* at, std::uint64_t number) {
    if (number < 10) {
        *at = static_cast<char>('0' + number);
        return at + 1;
    }
    if (number < 100) return write_pair(at, number);
    if (number < 1000) {
        *at = static_cast<char>('0' + number / 100);
        return write_pair(at + 1, number % 100);
    }
    if (number < 10'000) return write_pair(write_pair(at, number / 100), number % 100);
    at = write_decimal(at, number / 10'000);
    return write_pair(write_pair(at, number % 10'000 / 100), number % 100);
}

/// `12.345` of microseconds; at most 21 characters.
inline char* write_milliseconds(char* at, std::uint64_t microseconds) {
    at = write_decimal(at, microseconds / 1000);
    const std::uint64_t fraction = microseconds % 1000;
    at[0] = '.';
    at[1] = static_cast<char>('0' + fraction / 100);
    return write_pair(at + 2, fraction % 100);
}

}  // namespace baton
