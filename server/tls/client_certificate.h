/// Reads from a client's certificate what logs, routing and header fields say about it.
#pragma once

#include "server/tls/openssl_pointers.h"
#include "server/tls/tls_info.h"

#include <memory>

namespace baton::tls {

/// Null without a certificate.
std::unique_ptr<const ClientCertificate> describe_certificate(const X509* certificate);

}  // namespace baton::tls
