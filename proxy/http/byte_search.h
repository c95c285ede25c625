/// Searches that a head parser spends its time in: sixteen bytes a step where the processor can.
#pragma once

#include <bit>
#include <cstddef>

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

/// The first byte of the class in [`from`, `to`), or `to`. Bytes up to `readable` (not before `to`) exist and
/// may be loaded, which spares the slow last steps.
template <class Class>
inline const char* find_first(const char* from, const char* to, const char* readable) {
#if defined(__SSE2__)
    while (from < to && readable - from >= 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
        const auto hits = static_cast<unsigned>(_mm_movemask_epi8(Class::test(bytes)));
        if (hits != 0) {
            const char* hit = from + std::countr_zero(hits);
            return hit < to ? hit : to;
        }
        from += 16;
    }
    if (from > to) return to;
#endif
    while (from != to && !Class::test(*from)) ++from;
    return from;
}

}  // namespace baton::http
