#include "proxy/http/chunk_decoder.h"

#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"

namespace baton::http {

ParseResult ChunkDecoder::read_framing(std::string_view bytes, std::size_t& used, std::string* trailers) {
    used = 0;
    for (const char c : bytes) {
        if (phase == Phase::data || phase == Phase::done) return complete;
        const bool trailer = in_trailers();
        ++used;
        if (!count_framing()) return refuse(Rejection::chunk_overhead);
        const bool ends_trailers = phase == Phase::trailer_start && c == '\r';
        if (!step(c)) return refuse(trailer ? Rejection::bad_trailer : Rejection::bad_chunk);
        if (trailer && trailers && !ends_trailers && phase != Phase::done) trailers->push_back(c);
    }
    return complete;
}

/// Counts one byte of framing; false when that is one too many.
bool ChunkDecoder::count_framing() {
    ++line;
    ++overhead;
    if (line > (in_trailers() ? longest_trailers : longest_line)) return false;
    return overhead <= overhead_allowance || (overhead - overhead_allowance) / overhead_factor <= content;
}

void ChunkDecoder::take_content(std::uint64_t bytes) {
    left -= bytes;
    content += bytes;
    if (left == 0) phase = Phase::data_cr;
}

/// Takes one byte of framing; false when it is not one that may stand here.
bool ChunkDecoder::step(char c) {
    switch (phase) {
        case Phase::size_start:
        case Phase::size: return step_size(c);
        case Phase::extension_name_start:
        case Phase::extension_name:
        case Phase::extension_name_end:
        case Phase::extension_value_start:
        case Phase::extension_value:
        case Phase::extension_end: return step_extension(c);
        case Phase::quoted:
        case Phase::quoted_escape:
        case Phase::quoted_end: return step_quoted(c);
        case Phase::size_lf:
        case Phase::data_cr:
        case Phase::data_lf: return step_line_end(c);
        case Phase::trailer_start:
        case Phase::trailer_name:
        case Phase::trailer_value:
        case Phase::trailer_lf:
        case Phase::end_lf: return step_trailer(c);
        case Phase::data:
        case Phase::done: break;
    }
    return false;
}

bool ChunkDecoder::expect(char c, char wanted, Phase next) {
    phase = next;
    return c == wanted;
}

bool ChunkDecoder::add_digit(char c) {
    const auto digit =
        static_cast<std::uint64_t>(is(CharacterClass::digit, c) ? c - '0' : lower(c) - 'a' + 10);
    if (digits > 0 || digit > 0) ++digits;
    left = left << 4 | digit;
    phase = Phase::size;
    return digits <= 16 && left <= INT64_MAX;
}

/// 1*HEXDIG. The grammar would permit whitespace before `;`; size lines with spaces are how chunk parsers are
/// led apart.
bool ChunkDecoder::step_size(char c) {
    if (is(CharacterClass::hex_digit, c)) return add_digit(c);
    if (phase == Phase::size_start) return false;
    if (c == ';') return expect(c, ';', Phase::extension_name_start);
    return expect(c, '\r', Phase::size_lf);
}

/// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112 §7.1.1.
bool ChunkDecoder::step_extension(char c) {
    const bool whitespace = is(CharacterClass::whitespace, c);
    const bool token = is(CharacterClass::token, c);
    if (phase == Phase::extension_name_start) {
        if (token) phase = Phase::extension_name;
        return token || whitespace;
    }
    if (phase == Phase::extension_value_start) {
        if (token) phase = Phase::extension_value;
        if (c == '"') phase = Phase::quoted;
        return token || whitespace || c == '"';
    }
    const bool inside = phase == Phase::extension_name || phase == Phase::extension_value;
    return (inside && token) || end_extension_word(c);
}

/// Behind a name or a value: whitespace, the value of a name, another extension or, without whitespace, the
/// line's end.
bool ChunkDecoder::end_extension_word(char c) {
    const bool of_name = phase == Phase::extension_name || phase == Phase::extension_name_end;
    const bool spaced = phase == Phase::extension_name_end || phase == Phase::extension_end;
    if (is(CharacterClass::whitespace, c)) {
        phase = of_name ? Phase::extension_name_end : Phase::extension_end;
        return true;
    }
    if (c == '=' && of_name) return expect(c, '=', Phase::extension_value_start);
    if (c == ';') return expect(c, ';', Phase::extension_name_start);
    return !spaced && expect(c, '\r', Phase::size_lf);
}

bool ChunkDecoder::step_quoted(char c) {
    if (phase == Phase::quoted_end) {
        phase = Phase::extension_value;
        return end_extension_word(c);
    }
    if (phase == Phase::quoted_escape) {
        phase = Phase::quoted;
        return is(CharacterClass::value, c);
    }
    if (c == '"') return expect(c, '"', Phase::quoted_end);
    if (c == '\\') return expect(c, '\\', Phase::quoted_escape);
    return is(CharacterClass::quotable, c);
}

bool ChunkDecoder::step_line_end(char c) {
    if (phase == Phase::data_cr) return expect(c, '\r', Phase::data_lf);
    if (phase == Phase::size_lf) {
        line = 0;
        return expect(c, '\n', left > 0 ? Phase::data : Phase::trailer_start);
    }
    line = 0;
    digits = 0;
    return expect(c, '\n', Phase::size_start);
}

bool ChunkDecoder::step_trailer(char c) {
    switch (phase) {
        case Phase::trailer_start:
            if (c == '\r') return expect(c, '\r', Phase::end_lf);
            phase = Phase::trailer_name;
            return is(CharacterClass::token, c);
        case Phase::trailer_name:
            if (is(CharacterClass::token, c)) return true;
            return expect(c, ':', Phase::trailer_value);
        case Phase::trailer_value:
            if (is(CharacterClass::value, c)) return true;
            return expect(c, '\r', Phase::trailer_lf);
        case Phase::trailer_lf: return expect(c, '\n', Phase::trailer_start);
        case Phase::end_lf: return expect(c, '\n', Phase::done);
        case Phase::size_start:
        case Phase::size:
        case Phase::extension_name_start:
        case Phase::extension_name:
        case Phase::extension_name_end:
        case Phase::extension_value_start:
        case Phase::extension_value:
        case Phase::extension_end:
        case Phase::quoted:
        case Phase::quoted_escape:
        case Phase::quoted_end:
        case Phase::size_lf:
        case Phase::data:
        case Phase::data_cr:
        case Phase::data_lf:
        case Phase::done: break;
    }
    return false;
}

}  // namespace baton::http
