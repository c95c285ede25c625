/// Searches that a head parser spends its time in: sixteen bytes a step where the processor can.
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace baton::http {

/// The classes of bytes that one can search for. Each has a test for one byte and one for sixteen.
namespace searched {

/// What no field value may hold: controls but HTAB (RFC 9110 §5.5).
struct Control {
    static bool test(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    }
#if defined(__SSE2__)
    static __m128i test(__m128i bytes) {
        const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
        const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
        return _mm_or_si128(_mm_andnot_si128(tab, low), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    }
#endif
};

/// What no request target may hold: anything outside 0x21–0x7e, and `#` (RFC 9112 §3.2: a fragment is never
/// sent).
struct OutsideTarget {
    static bool test(char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x21 || byte > 0x7e || byte == '#';
    }
#if defined(__SSE2__)
    static __m128i test(__m128i bytes) {
        const __m128i outside =
            _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21));  // signed: 0x80–0xff are below as well
        const __m128i others = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
                                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
        return _mm_or_si128(outside, others);
    }
#endif
};

template <char wanted>
struct Exactly {
    static bool test(char c) { return c == wanted; }
#if defined(__SSE2__)
    static __m128i test(__m128i bytes) {
        return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted));
    }
#endif
};

}  // namespace searched

/// The first byte of the class in [`from`, `to`), or `to`. `loadable` is memory around both that may be read.
template <class Class>
[[gnu::always_inline]] inline const char* find_first(const char* from, const char* to,
                                                     std::string_view loadable) {
    if (from >= to) return to;
#if defined(__SSE2__)
    const auto hits_at = [](const char* at) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        return static_cast<unsigned>(_mm_movemask_epi8(Class::test(bytes)));
    };
    const auto not_behind = [to](const char* hit) { return hit < to ? hit : to; };
    const char* end = loadable.data() + loadable.size();
    while (end - from >= 16) {
        if (const unsigned hits = hits_at(from); hits != 0) return not_behind(from + std::countr_zero(hits));
        from += 16;
        if (from >= to) return to;
    }
    if (loadable.size() >= 16) {  // the last sixteen bytes once more, without those that have been looked at
        const unsigned hits = hits_at(end - 16) >> (16 - (end - from));
        return hits != 0 ? not_behind(from + std::countr_zero(hits)) : to;
    }
#endif
    while (from != to && !Class::test(*from)) ++from;
    return from;
}

}  // namespace baton::http
