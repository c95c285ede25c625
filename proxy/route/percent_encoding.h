/// The alphabet of percent-encoding (RFC 3986 §2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::route {

/// What a hexadecimal digit is worth; -1 for any other character.
inline int hexadecimal_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    const char lower = static_cast<char>(digit | 0x20);
    if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
    return -1;
}

/// The byte that the escape at `text[at]` (a `%`) stands for; -1 when it is no escape.
inline int escaped_byte(std::string_view text, std::size_t at) {
    if (text.size() - at < 3) return -1;
    const int high = hexadecimal_value(text[at + 1]);
    const int low = hexadecimal_value(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/// Letters, digits and `-._~`, which mean the same encoded or not (RFC 3986 §2.3).
constexpr bool is_unreserved(int byte) {
    const int lower = byte | 0x20;
    return (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
           byte == '_' || byte == '~';
}

/// Appends `%XX` with upper-case digits.
template <class Text>
void append_escape(Text& out, int byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += '%';
    out += digits[static_cast<std::size_t>(byte) >> 4 & 15];
    out += digits[static_cast<std::size_t>(byte) & 15];
}

}  // namespace baton::route
