/// What Baton speaks, put on OpenSSL's contexts of both roles: TLS 1.2 and 1.3 with three AEADs, and nothing
/// that was found harmful since (RFC 9325; Mozilla's server-side profiles).
#pragma once

#include "config/config.h"
#include "server/tls/cipher_suite.h"
#include "server/tls/openssl_pointers.h"

#include <string>
#include <tl/expected.hpp>

namespace baton::tls {

/// A context of `TLS_server_method` or `TLS_client_method` that speaks that, with our key schedule. Fails
/// with words when OpenSSL refuses.
tl::expected<ContextPointer, std::string> make_context(const SSL_METHOD* method, Version least);

Version version_of(config::TlsVersion version);
/// Of every listener; a host may ask for more.
Version least_version_of(const config::Tls& settings);

}  // namespace baton::tls
