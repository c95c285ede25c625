/// What Content-Length and Transfer-Encoding of one head say together (RFC 9112 §6.1–6.3).
#pragma once

#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"

#include <cstdint>

namespace baton::http {

/// The framing that the fields ask for: `length`, `chunked`, or `none` when neither field is there.
///
/// `rejected` with `transfer_encoding_in_1_0`, `conflicting_length` (both fields, or lengths that differ),
/// `bad_transfer_encoding`, `unknown_transfer_coding` or `bad_content_length`: a proxy that guesses here lets
/// requests be smuggled (RFC 9112 §11.2).
ParseResult read_framing(const FieldList& fields, unsigned minor_version, BodyFraming& framing);

}  // namespace baton::http
