#include "proxy/http/body_framing.h"
#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/http1_parser.h"

namespace baton::http {

namespace {

/// `HTTP/1.[01] SP 3DIGIT [ SP [ reason ] ]` (RFC 9112 §4). The space before an absent reason may be missing,
/// as many servers leave it out. A status outside 100–599 is invalid (RFC 9110 §15).
ParseResult parse_status_line(std::string_view line, ResponseHead& head) {
    constexpr std::size_t shortest = 12;
    if (line.size() < shortest || !line.starts_with(std::string_view{"HTTP/1."}) ||
        (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return refuse(Rejection::bad_status_line);
    if (!consists_of(CharacterClass::digit, line.substr(9, 3)) || line[9] < '1' || line[9] > '5')
        return refuse(Rejection::bad_status_line);
    if (line.size() > shortest && line[shortest] != ' ') return refuse(Rejection::bad_status_line);
    head.minor_version = static_cast<std::uint8_t>(line[7] - '0');
    head.status =
        static_cast<std::uint16_t>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    head.reason = line.size() > shortest ? line.substr(shortest + 1) : std::string_view{};
    return complete;
}

/// Reads the status line and sets `progress` behind it. Nothing may come before it: an empty line there would
/// be the rest of a body whose length somebody got wrong.
ParseResult read_start(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                       ResponseHead& head) {
    const Line line = find_line(data, progress.line_begin, progress.scanned, limits.request_line);
    switch (line.status) {
        case LineStatus::complete: break;
        case LineStatus::partial: progress.scanned = line.scanned; return need_more;
        case LineStatus::bare_ending: return refuse(Rejection::bare_line_ending);
        case LineStatus::too_long:
        case LineStatus::control: return refuse(Rejection::bad_status_line);
    }
    progress.line_begin += line.text.size() + 2;
    progress.scanned = progress.fields_begin = progress.line_begin;
    return parse_status_line(line.text, head);
}

bool has_no_body(const ResponseHead& head, Method request_method) {
    return request_method == Method::head || head.status < 200 || head.status == 204 || head.status == 304 ||
           (request_method == Method::connect && head.status < 300);
}

/// Whether a response that has no body announces one that HEAD and 304 do not explain (RFC 9110 §8.6, RFC
/// 9112 §6.1).
bool announces_impossible_body(const ResponseHead& head, const BodyFraming& announced) {
    const bool announces = announced.kind == Framing::chunked || announced.length > 0;
    return announces && (head.status < 200 || head.status == 204);
}

bool asks_to_keep_alive(const ResponseHead& head) {
    if (head.framing.kind == Framing::until_close) return false;
    if (!head.fields.has(FieldId::connection)) return head.minor_version > 0;
    if (lists_token(head.fields, FieldId::connection, "close")) return false;
    return head.minor_version > 0 || lists_token(head.fields, FieldId::connection, "keep-alive");
}

/// Where the body ends (RFC 9112 §6.3).
ParseResult check_fields(ResponseHead& head, Method request_method) {
    BodyFraming& announced = head.announced;
    const ParseResult framing = read_framing(head.fields, head.minor_version, announced);
    if (framing.status == ParseStatus::rejected) return framing;
    const bool impossible = announces_impossible_body(head, announced);
    if (impossible && head.status < 200)
        return refuse(announced.kind == Framing::chunked ? Rejection::bad_transfer_encoding
                                                         : Rejection::bad_content_length);
    if (has_no_body(head, request_method))
        head.framing = {};
    else if (announced.kind == Framing::none)
        head.framing = {Framing::until_close, 0};
    else
        head.framing = announced;
    // A 204 that announces a body may send one: its connection cannot be trusted with another request.
    head.keep_alive = asks_to_keep_alive(head) && !impossible;
    return complete;
}

ParseResult parse_from_start(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                             ResponseHead& head, Method request_method) {
    head.status = 0;
    head.reason = {};
    if (const ParseResult start = read_start(data, limits, progress, head);
        start.status != ParseStatus::complete)
        return start;
    head.fields.clear();
    const ParseResult fields = read_fields(data, limits, progress, &head.fields);
    if (fields.status != ParseStatus::complete) return fields;
    head.size = progress.line_begin;
    return check_fields(head, request_method);
}

}  // namespace

ParseResult ResponseParser::parse(std::string_view data, ResponseHead& head, const HeadLimits& limits,
                                  Method request_method) {
    // As in RequestParser::parse: nothing but whole lines is decided upon, and what is decided is parsed in
    // one go.
    if (progress_.fields_begin > 0) {
        if (read_fields(data, limits, progress_, nullptr).status == ParseStatus::need_more) return need_more;
    } else if (progress_.scanned > 0) {
        const Line line = find_line(data, progress_.line_begin, progress_.scanned, limits.request_line);
        if (line.status == LineStatus::partial) {
            progress_.scanned = line.scanned;
            return need_more;
        }
    }
    HeadProgress progress;
    const ParseResult result = parse_from_start(data, limits, progress, head, request_method);
    progress_ = result.status == ParseStatus::need_more ? progress : HeadProgress{};
    return result;
}

}  // namespace baton::http
