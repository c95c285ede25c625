/// What Baton speaks, put on OpenSSL's contexts of both roles: TLS 1.2 and 1.3 with three AEADs, and nothing
/// that was found harmful since (RFC 9325; Mozilla's server-side profiles).
#pragma once

#include "config/config.h"
#include "server/tls/cipher_suite.h"
#include "server/tls/openssl_pointers.h"

namespace baton::tls {

/// False when OpenSSL refuses, which its error queue explains.
bool set_protocol_options(SSL_CTX* context, Version least);

Version version_of(config::TlsVersion version);
/// Of every listener; a host may ask for more.
Version least_version_of(const config::Tls& settings);

}  // namespace baton::tls
