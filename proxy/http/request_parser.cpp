#include "proxy/http/body_framing.h"
#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/host_name.h"
#include "proxy/http/http1_parser.h"
#include "proxy/http/request_line.h"

namespace baton::http {

namespace {

// RFC 9112 §2.2 wants at least one tolerated; a client that sends more is no HTTP client.
constexpr unsigned empty_lines_tolerated = 2;

/// Reads the request line and sets `progress` behind it.
ParseResult read_start(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                       RequestHead& head) {
    for (unsigned empty_lines = 0;; ++empty_lines) {
        const Line line = find_line(data, progress.line_begin, progress.scanned, limits.request_line);
        switch (line.status) {
            case LineStatus::complete: break;
            case LineStatus::partial: progress.scanned = line.scanned; return need_more;
            case LineStatus::too_long: return refuse(Rejection::request_line_too_long);
            case LineStatus::bare_ending: return refuse(Rejection::bare_line_ending);
            case LineStatus::control: return refuse(Rejection::bad_request_line);
        }
        progress.line_begin += line.text.size() + 2;
        progress.scanned = progress.line_begin;
        if (!line.text.empty()) {
            progress.fields_begin = progress.line_begin;
            return parse_request_line(line.text, head);
        }
        if (empty_lines == empty_lines_tolerated) return refuse(Rejection::bad_request_line);
    }
}

/// Exactly one valid Host in HTTP/1.1, at most one in HTTP/1.0; the target's authority wins (RFC 9112 §3.2).
ParseResult check_host(RequestHead& head) {
    if (!head.fields.has(FieldId::host))
        return head.minor_version == 0 ? complete : refuse(Rejection::missing_host);
    unsigned hosts = 0;
    std::string_view host;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::host) continue;
        if (++hosts > 1) return refuse(Rejection::several_hosts);
        host = field.value;
    }
    if (!is_authority(host)) return refuse(Rejection::bad_host);
    if (head.form != TargetForm::absolute) head.authority = host;
    return complete;
}

/// `100-continue`, once, or nothing (RFC 9110 §10.1.1).
ParseResult check_expectation(RequestHead& head) {
    head.expects_continue = false;
    if (!head.fields.has(FieldId::expect) || head.minor_version == 0) return complete;
    unsigned expectations = 0;
    for (const Field& field : head.fields) {
        if (field.id != FieldId::expect) continue;
        if (!equals_without_case(field.value, "100-continue") || ++expectations > 1)
            return refuse(Rejection::bad_expectation);
    }
    head.expects_continue = head.framing.kind == Framing::chunked || head.framing.length > 0;
    return complete;
}

bool asks_to_keep_alive(const RequestHead& head) {
    if (!head.fields.has(FieldId::connection)) return head.minor_version > 0;
    if (lists_token(head.fields, FieldId::connection, "close")) return false;
    return head.minor_version > 0 || lists_token(head.fields, FieldId::connection, "keep-alive");
}

ParseResult check_fields(RequestHead& head) {
    if (const ParseResult result = check_host(head); result.status == ParseStatus::rejected) return result;
    const ParseResult framing = read_framing(head.fields, head.minor_version, head.framing);
    if (framing.status == ParseStatus::rejected) return framing;
    head.keep_alive = asks_to_keep_alive(head);
    return check_expectation(head);
}

ParseResult parse_from_start(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                             RequestHead& head) {
    clear_start(head);
    if (const ParseResult start = read_start(data, limits, progress, head);
        start.status != ParseStatus::complete)
        return start;
    head.fields.clear();
    const ParseResult fields = read_fields(data, limits, progress, &head.fields);
    if (fields.status != ParseStatus::complete) return fields;
    head.size = progress.line_begin;
    return check_fields(head);
}

}  // namespace

ParseResult RequestParser::parse(std::string_view data, RequestHead& head, const HeadLimits& limits) {
    // A head that arrives in pieces is looked at line by line until something can be decided; then it is
    // parsed as if it had come at once, so that the result cannot depend on the pieces.
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
    const ParseResult result = parse_from_start(data, limits, progress, head);
    progress_ = result.status == ParseStatus::need_more ? progress : HeadProgress{};
    return result;
}

}  // namespace baton::http
