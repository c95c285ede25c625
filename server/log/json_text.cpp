#include "server/log/json_text.h"

#include <cstdint>
#include <cstring>

namespace baton {
namespace {

using Bytes16 = signed char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

/// Whether none of 16 bytes needs an escape. As signed numbers, control characters and everything beyond
/// ASCII are both below the space.
bool are_plain_16(const char* from) {
    Bytes16 bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    const Bytes16 special = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
    Words2 words;
    std::memcpy(&words, &special, sizeof words);
    return (words[0] | words[1]) == 0;
}

/// The same for the bytes of a word. A byte whose high bit is set in one of the terms needs an escape, or
/// stands after one that does (the borrow): good enough to leave the fast path.
bool are_plain_8(std::uint64_t word) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    const std::uint64_t special =
        (word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones) | word;
    return (special & ones * 0x80) == 0;
}

template <class Word>
Word load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

bool is_plain(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/// Copies fewer than 16 plain bytes in at most two overlapping words; false (nothing promised of `at`) when
/// one of them needs an escape.
bool copy_plain_tail(char* at, const char* from, std::size_t size) {
    if (size >= 8) {
        const auto first = load<std::uint64_t>(from), last = load<std::uint64_t>(from + size - 8);
        if (!are_plain_8(first) || !are_plain_8(last)) return false;
        std::memcpy(at, &first, 8);
        std::memcpy(at + size - 8, &last, 8);
        return true;
    }
    if (size >= 4) {
        const auto first = load<std::uint32_t>(from), last = load<std::uint32_t>(from + size - 4);
        if (!are_plain_8(std::uint64_t{first} | std::uint64_t{last} << 32)) return false;
        std::memcpy(at, &first, 4);
        std::memcpy(at + size - 4, &last, 4);
        return true;
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (!is_plain(from[i])) return false;
        at[i] = from[i];
    }
    return true;
}

constexpr char hex_digits[] = "0123456789abcdef";

/// Writes one character of the text, escaped where needed. Returns how many bytes it consumed, 0 when it does
/// not fit.
std::size_t copy_character(char*& at, const char* limit, std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    char escaped[6] = {'\\', 'u', '0', '0', hex_digits[byte >> 4], hex_digits[byte & 15]};
    std::size_t size = 2, consumed = 1;
    const char* from = escaped;
    switch (byte) {
        case '"': escaped[1] = '"'; break;
        case '\\': escaped[1] = '\\'; break;
        case '\n': escaped[1] = 'n'; break;
        case '\r': escaped[1] = 'r'; break;
        case '\t': escaped[1] = 't'; break;
        default:
            size = sizeof escaped;
            if (byte < 0x20) break;
            if (const std::size_t length = utf8_character_length(text); length > 0) {
                from = text.data();
                size = consumed = length;
            }
    }
    if (size > static_cast<std::size_t>(limit - at)) return 0;
    std::memcpy(at, from, size);
    at += size;
    return consumed;
}

}  // namespace

std::size_t utf8_character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    if (text.empty()) return 0;
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
    if (first < 0xE0) return 2;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    if (!continues(2)) return 0;
    if (first < 0xF0) return 3;
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return continues(3) ? 4 : 0;
}

char* copy_json_text(char* at, char* limit, std::string_view text, bool& cut) {
    const char* from = text.data();
    const char* const end = from + text.size();
    while (from != end) {
        const auto left = static_cast<std::size_t>(end - from);
        const auto room = static_cast<std::size_t>(limit - at);
        if (left >= 16 && room >= 16 && are_plain_16(from)) {
            std::memcpy(at, from, 16);
            from += 16;
            at += 16;
            continue;
        }
        if (left < 16 && room >= left && copy_plain_tail(at, from, left)) return at + left;
        // Not plain, or nearly full: a character at a time past the bytes that were just looked at.
        const char* const checked = from + (left < 16 ? left : 16);
        while (from < checked) {
            const std::size_t consumed =
                copy_character(at, limit, {from, static_cast<std::size_t>(end - from)});
            if (consumed == 0) {
                cut = true;
                return at;
            }
            from += consumed;
        }
    }
    return at;
}

}  // namespace baton
