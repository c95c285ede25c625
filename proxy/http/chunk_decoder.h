/// The chunked coding's framing (RFC 9112 §7.1): what lies between the pieces of content.
#pragma once

#include "proxy/http/http1_parser.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::http {

/// Decodes the framing of one chunked body, strictly: CR LF only, no whitespace around the size, at most 16
/// significant digits and 2^63-1, extensions parsed by their grammar and dropped, trailer lines of the
/// grammar of fields. A chunk line is at most 4 KiB, the trailer section at most 8 KiB, overhead in all at
/// most 16 × content + 64 KiB. Plain data: it can be handed over.
///
///   size_start → size → (extension …) → size_lf → data → data_cr → data_lf → size_start
///                                            └ of size 0 → trailer_start → (trailer …) → end_lf → done
struct ChunkDecoder {
    enum class Phase : std::uint8_t {
        size_start,
        size,
        extension_name_start,
        extension_name,
        extension_name_end,
        extension_value_start,
        extension_value,
        extension_end,
        quoted,
        quoted_escape,
        quoted_end,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
        done,
    };
    static constexpr std::uint32_t longest_line = 4 * 1024;      ///< bytes of a chunk line
    static constexpr std::uint32_t longest_trailers = 8 * 1024;  ///< bytes of the trailer section
    static constexpr std::uint64_t overhead_factor = 16;         ///< bytes of framing a byte of content
    static constexpr std::uint64_t overhead_allowance = 65536;

    /// Reads framing from the front of `bytes` until content is due (`phase == data`, `left` bytes of it),
    /// the body is done or `bytes` ends; `used` says how many bytes that took. `rejected` with `bad_chunk`,
    /// `chunk_overhead` or `bad_trailer`. Adds trailer lines with their CR LF to `trailers` unless it is
    /// null.
    ParseResult read_framing(std::string_view bytes, std::size_t& used, std::string* trailers);
    /// Counts `bytes` (at most `left`) of content as taken.
    void take_content(std::uint64_t bytes);

    Phase phase = Phase::size_start;
    std::uint8_t digits = 0;     ///< significant digits of the present size
    std::uint64_t left = 0;      ///< of the chunk's size while reading it, then of its data
    std::uint64_t content = 0;   ///< bytes delivered
    std::uint64_t overhead = 0;  ///< bytes of framing
    std::uint32_t line = 0;      ///< bytes of the present chunk line, or of the trailer section

private:
    bool count_framing();
    bool step(char c);
    bool step_size(char c);
    bool step_extension(char c);
    bool end_extension_word(char c);
    bool step_quoted(char c);
    bool step_line_end(char c);
    bool step_trailer(char c);
    bool in_trailers() const { return phase >= Phase::trailer_start && phase <= Phase::end_lf; }
    bool expect(char c, char wanted, Phase next);
    bool add_digit(char c);
};

}  // namespace baton::http
