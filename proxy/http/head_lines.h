/// The lines of a head: found as they arrive, each looked at once, and the field lines among them taken
/// apart.
#pragma once

#include "proxy/http/byte_search.h"
#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::http {

enum class LineStatus : std::uint8_t {
    complete,
    partial,      ///< its end has not arrived
    too_long,     ///< more than the permitted bytes before its end
    bare_ending,  ///< CR without LF or LF without CR
    control,      ///< another control than HTAB
};

struct Line {
    LineStatus status;
    std::string_view text;    ///< of a complete line, without CR LF; of another, what came before the trouble
    std::size_t scanned = 0;  ///< with `partial`: where to go on
};

/// Finds the end of the line that begins at `begin`; [`begin`, `scanned`) is known to hold no control.
/// `longest` bounds the text without its CR LF. Whatever it says of a line other than `partial`, it says of
/// every longer `data`.
inline Line find_line(std::string_view data, std::size_t begin, std::size_t scanned, std::size_t longest) {
    const char* first = data.data() + begin;
    const char* end = data.data() + data.size();
    const char* stop = find_first<searched::Control>(data.data() + scanned, end, data);
    const auto length = static_cast<std::size_t>(stop - first);
    const std::string_view text{first, length};
    if (length > longest) return {LineStatus::too_long, text};
    if (stop == end) return {LineStatus::partial, text, data.size()};
    if (*stop != '\r') return {*stop == '\n' ? LineStatus::bare_ending : LineStatus::control, text};
    if (stop + 1 == end) return {LineStatus::partial, text, data.size() - 1};
    return {stop[1] == '\n' ? LineStatus::complete : LineStatus::bare_ending, text};
}

constexpr ParseResult need_more{ParseStatus::need_more};
constexpr ParseResult complete{ParseStatus::complete};
constexpr ParseResult refuse(Rejection rejection) {
    return {ParseStatus::rejected, rejection};
}

/// Takes one field line (without CR LF, free of controls) apart: RFC 9112 §5. `complete` or `rejected`. The
/// line lies in `data`.
ParseResult take_field(std::string_view line, std::string_view data, Field& field);

/// Reads field lines from where `progress` stands to the empty line and adds them to `fields` unless it is
/// null. With `need_more`, `progress` says where to go on; with `complete`, where the byte behind the head is
/// (`line_begin`).
ParseResult read_fields(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                        FieldList* fields);

}  // namespace baton::http
