/// Copies text that a peer sent, sixteen bytes at a step while nothing in it needs an escape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace baton {

/// Whether a byte is printable ASCII other than quote and backslash.
inline bool is_plain_byte(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

namespace escaped_copy {

/// Sixteen bytes, out of one place or of two halves.
struct Block {
#if defined(__SSE2__)
    __m128i bytes;
    static Block load(const char* from) {
        return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
    }
    static Block of(std::uint64_t first, std::uint64_t second) {
        return {_mm_set_epi64x(static_cast<long long>(second), static_cast<long long>(first))};
    }
    /// As signed numbers plus one, controls, DEL and everything beyond ASCII are below `!`.
    bool is_plain() const {
        const __m128i outside = _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
        const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        return _mm_movemask_epi8(_mm_or_si128(outside, _mm_or_si128(quote, backslash))) == 0;
    }
    void store(char* to) const {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
    }
#else
    std::uint64_t words[2];
    static Block load(const char* from) {
        Block block;
        std::memcpy(block.words, from, sizeof block.words);
        return block;
    }
    static Block of(std::uint64_t first, std::uint64_t second) {
        return {{first, second}};
    }
    bool is_plain() const {
        return ((special(words[0]) | special(words[1])) & ones * 0x80) == 0;
    }
    void store(char* to) const {
        std::memcpy(to, words, sizeof words);
    }

private:
    static constexpr std::uint64_t ones = 0x0101010101010101;
    /// The high bit is set at least of the first byte that is not plain: good enough to leave the fast path.
    static std::uint64_t special(std::uint64_t word) {
        return (word - ones * 0x20) | (word + ones) | ((word ^ ones * '"') - ones) |
               ((word ^ ones * '\\') - ones) | word;
    }
#endif
};

template <class Word>
std::uint64_t load(const char* from) {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// Fewer than 16 bytes, as two halves that may overlap. False when one of them is not plain; nothing is
/// promised of `at` then.
inline bool copy_short(char* at, const char* from, std::size_t size) {
    if (size >= 8) {
        const std::uint64_t first = load<std::uint64_t>(from), last = load<std::uint64_t>(from + size - 8);
        std::memcpy(at, &first, 8);
        std::memcpy(at + size - 8, &last, 8);
        return Block::of(first, last).is_plain();
    }
    if (size >= 4) {
        const std::uint64_t first = load<std::uint32_t>(from), last = load<std::uint32_t>(from + size - 4);
        std::memcpy(at, &first, 4);
        std::memcpy(at + size - 4, &last, 4);
        const std::uint64_t both = first | last << 32;
        return Block::of(both, both).is_plain();
    }
    for (std::size_t i = 0; i < size; ++i) {
        if (!is_plain_byte(from[i])) return false;
        at[i] = from[i];
    }
    return true;
}

}  // namespace escaped_copy

template <class Escape>
char* copy_escaped(char* at, std::string_view text, Escape escape);

/// The other half of `copy_escaped`: something within the next 16 bytes is not plain.
template <class Escape>
[[gnu::noinline]] char* copy_escaped_slowly(char* at, std::string_view text, Escape escape) {
    const std::size_t after = text.size() > 16 ? text.size() - 16 : 0;
    while (text.size() > after) {
        if (is_plain_byte(text.front())) {
            *at++ = text.front();
            text.remove_prefix(1);
        } else {
            text.remove_prefix(escape(at, text));
        }
    }
    return copy_escaped(at, text, escape);
}

/// Writes `text` to `at` and returns the end of what was written. For the first byte that is not plain,
/// `escape(at, rest)` writes what stands for it, moves `at` and returns how many bytes it took, at least one.
/// The caller has room for whatever the escapes may need.
template <class Escape>
char* copy_escaped(char* at, std::string_view text, Escape escape) {
    using escaped_copy::Block;
    const char* from = text.data();
    std::size_t left = text.size();
    if (left < 16) {
        if (escaped_copy::copy_short(at, from, left)) return at + left;
        return copy_escaped_slowly(at, text, escape);
    }
    do {
        const Block block = Block::load(from);
        if (!block.is_plain()) return copy_escaped_slowly(at, std::string_view(from, left), escape);
        block.store(at);
        from += 16;
        at += 16;
        left -= 16;
    } while (left >= 16);
    if (left == 0) return at;
    // The last sixteen again: those of them that are copied already are equal on both sides.
    const Block last = Block::load(from + left - 16);
    if (!last.is_plain()) return copy_escaped_slowly(at, std::string_view(from, left), escape);
    last.store(at + left - 16);
    return at + left;
}

}  // namespace baton
