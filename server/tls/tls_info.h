/// What is known of an established TLS connection, for logs, routing and header fields.
#pragma once

#include "server/tls/cipher_suite.h"

#include <cstdint>
#include <memory>
#include <string>

namespace baton::tls {

/// The certificate that a client has shown and that was verified.
struct ClientCertificate {
    std::string subject;         ///< RFC 2253
    std::string issuer;          ///< RFC 2253
    std::string serial;          ///< hex, upper case
    std::string fingerprint;     ///< SHA-256, hex, lower case
    std::string der;             ///< the certificate itself
    std::int64_t not_after = 0;  ///< seconds since 1970
};

struct TlsInfo {
    Version version = Version::tls_1_3;
    std::uint16_t suite = 0;
    bool resumed = false;
    std::string server_name;                          ///< SNI in lower case, empty without one
    std::unique_ptr<const ClientCertificate> client;  ///< null without one

    TlsInfo copy() const {
        return {version, suite, resumed, server_name,
                client ? std::make_unique<const ClientCertificate>(*client) : nullptr};
    }
    std::string_view version_name() const { return to_string(version); }
    std::string_view suite_name() const {
        const CipherSuite* const found = find_suite(suite);
        return found != nullptr ? found->name : std::string_view{};
    }
};

}  // namespace baton::tls
