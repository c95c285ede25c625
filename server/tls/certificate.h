/// A server certificate with its key, loaded and checked.
#pragma once

#include "server/tls/openssl_pointers.h"
#include "server/tls/secret_text.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace baton::tls {

enum class KeyType : std::uint8_t { ecdsa, rsa };

/// Immutable once loaded; shared by the stores it is in.
struct Certificate {
    std::string name;  ///< of the configuration; else of its folder or file, see certificate_inventory.h
    std::string file;  ///< the chain's path, for messages
    X509Pointer leaf;
    X509ChainPointer chain;  ///< intermediates, without the leaf; may be null
    PrivateKeyPointer key;
    SecretText key_der;  ///< the same, encoded; empty when it came from another process
    KeyType key_type = KeyType::ecdsa;
    std::string ocsp_response;    ///< DER, empty = none
    std::int64_t ocsp_until = 0;  ///< when it ends, seconds since 1970; 0 = it does not say
    std::vector<std::string>
        names;                ///< its dNSNames in lower case, `*.example.com` included; and its IP addresses
    std::string serial;       ///< hex, upper case
    std::string fingerprint;  ///< SHA-256 of the DER, hex, lower case
    std::int64_t not_before = 0;  ///< seconds since 1970
    std::int64_t not_after = 0;
    /// What its operator should know although it is used: no names in it, a chain in the wrong order, an OCSP
    /// response that was left out. Sentences without their full stop.
    std::vector<std::string> remarks;

    /// Whether it may be shown to a client that asked for `server_name` (RFC 6125 §6.4): compared as whole
    /// names, so that a NUL inside one matches nothing. A wildcard stands for the whole first label only.
    bool covers(std::string_view server_name) const;
};

/// What a certificate is made of, in memory.
struct CertificateSource {
    std::string name;
    std::string file;
    std::string chain_pem;
    std::string key_pem;
    std::string ocsp_der;
};

/// The same, parsed.
struct CertificateParts {
    std::string name;
    std::string file;
    std::vector<X509Pointer> certificates;  ///< the leaf, then its chain
    PrivateKeyPointer key;
    SecretText key_der;
    std::string ocsp_der;
};

/// Fails with words for the operator: no certificate in it, a key that is encrypted, does not belong to it or
/// is of a kind that is not supported (RSA from 2048 bits, EC P-256 and P-384). An expired certificate is
/// loaded: its operator is warned elsewhere. An OCSP response that cannot be stapled is left out with a
/// remark: it is renewed at other times than the certificate.
tl::expected<Certificate, std::string> load_certificate(const CertificateSource& source);
tl::expected<Certificate, std::string> load_certificate(CertificateParts parts);

}  // namespace baton::tls
