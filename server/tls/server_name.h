/// The name that a client asks for in its ClientHello (SNI, RFC 6066 §3).
#pragma once

#include "server/tls/alert.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::tls {

/// Reads the contents of the extension: one host name, given back in lower case and without the dot of the
/// root. Fails with the alert that is due: `decode_error` for a broken list, `unrecognized_name` for what no
/// host can be called.
tl::expected<std::string, Alert> read_server_name(std::string_view extension);

}  // namespace baton::tls
