/// What a certificate says, as text and numbers.
#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <vector>

namespace baton::tls {

/// The dNSNames in lower case, then the IP addresses as text, of subjectAltName, without repetitions. A name
/// with bytes that no host name has (a NUL above all) is left out: it must match nothing.
std::vector<std::string> names_of(const X509& certificate);
/// Hex, upper case.
std::string serial_of(const X509& certificate);
/// SHA-256 of the DER, hex, lower case.
std::string fingerprint_of(const X509& certificate);
/// Seconds since 1970; 0 for a time that is not one.
std::int64_t seconds_of(const ASN1_TIME* time);
std::string der_of(const X509& certificate);

}  // namespace baton::tls
