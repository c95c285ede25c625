/// The request line (RFC 9112 §3): exactly `method SP request-target SP HTTP/1.x`.
#pragma once

#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"

#include <string_view>

namespace baton::http {

/// Parses a request line without its CR LF and free of controls other than HTAB into `head`'s members from
/// `method` to `minor_version`. `complete` or `rejected`; CONNECT and TRACE are refused as
/// `method_not_allowed` (RFC 9110 §9.3.6, §9.3.8: Baton is no forward proxy, and TRACE would show a client
/// what its proxies add).
ParseResult parse_request_line(std::string_view line, RequestHead& head);

/// Empties the members that `parse_request_line` sets.
void clear_start(RequestHead& head);

}  // namespace baton::http
