/// Trailer fields: those that somebody wants to pass on are parsed and chosen here (RFC 9110 §6.5).
#pragma once

#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"

#include <string_view>

namespace baton::http {

/// Parses what `Http1BodyReader::trailers()` kept; `complete` or `rejected` (`bad_trailer`: a line that is no
/// field line, or more than `HeadLimits::count`). Views point into `section`.
ParseResult parse_trailers(std::string_view section, FieldList& trailers);

/// Whether a field may be forwarded in a trailer section. Fields for framing, routing, authentication,
/// request modifiers, response control, content format and single hops may not (RFC 9110 §6.5.1), nor names
/// with `_`.
bool allowed_in_trailers(const Field& field);

}  // namespace baton::http
