/// The strict HTTP/1 head parser (RFC 9112). It refuses what is ambiguous and repairs nothing, so that
/// everything behind it can trust its types.
#pragma once

#include "proxy/http/heads.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::http {

struct HeadLimits {
    std::size_t request_line = 8192;  ///< bytes → 414
    std::size_t fields = 32768;       ///< bytes of all field lines → 431
    std::size_t count = 100;          ///< field lines → 431
};

/// Why a head was refused, in a word for the log (`rejection_name`).
enum class Rejection : std::uint8_t {
    bad_request_line,
    unsupported_version,
    bad_target,
    request_line_too_long,
    bad_field_name,
    bad_field_value,
    obsolete_line_folding,
    bare_line_ending,
    fields_too_large,
    too_many_fields,
    missing_host,
    several_hosts,
    bad_host,
    bad_content_length,
    conflicting_length,
    bad_transfer_encoding,
    unknown_transfer_coding,
    transfer_encoding_in_1_0,
    bad_expectation,
    bad_status_line,
    method_not_allowed,
    method_not_implemented,
    bad_chunk,
    chunk_overhead,
    bad_trailer,
};
std::string_view rejection_name(Rejection rejection);
/// The status that answers a request refused so: 400, 405, 414, 417, 431, 501 or 505. A refused
/// response is answered with 502, whatever the reason.
std::uint16_t rejection_status(Rejection rejection);

enum class ParseStatus : std::uint8_t { need_more, complete, rejected };

struct ParseResult {
    ParseStatus status = ParseStatus::need_more;
    Rejection rejection{};  ///< with ParseStatus::rejected
};

/// How far a head that is still arriving has been looked at, in bytes from its begin.
struct HeadProgress {
    std::size_t line_begin =
        0;  ///< of the line that is not complete; leading empty lines and read lines lie before it
    std::size_t scanned = 0;       ///< up to here the line holds no control
    std::size_t fields_begin = 0;  ///< of the first field line; 0 while the start line is not complete
    std::size_t count = 0;         ///< field lines read
};

/// Parses one request head. Remembers how far it has looked, so that a head arriving byte by byte costs
/// linear time. The result does not depend on how the bytes were split.
class RequestParser {
public:
    /// `data` begins with the head and grows from call to call; earlier bytes stay the same (they may move).
    /// On `complete`, `head.size` bytes belong to the head (leading empty lines included, RFC 9112 §2.2). On
    /// `rejected` the start line's members are set as far as they were good, for the log, and empty
    /// otherwise; the rest means nothing.
    ParseResult parse(std::string_view data, RequestHead& head, const HeadLimits& limits);
    /// Makes ready for the next head.
    void reset() { progress_ = {}; }

private:
    HeadProgress progress_;
};

/// Parses one response head. The framing depends on the request that it answers (RFC 9112 §6.3 items 1 and
/// 2).
class ResponseParser {
public:
    ParseResult parse(std::string_view data, ResponseHead& head, const HeadLimits& limits,
                      Method request_method);
    /// Makes ready for the next head.
    void reset() { progress_ = {}; }

private:
    HeadProgress progress_;
};

}  // namespace baton::http
