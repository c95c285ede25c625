/// Whether an OCSP response may be stapled (RFC 6960 §4.2, RFC 6066 §8).
#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::tls {

/// Empty when `der` is a successful response that calls `certificate` good and has not ended at `now`
/// (seconds since 1970); else why not, for the operator. `issuer` may be null when the file has no chain;
/// then only the serial number is compared. Its signature is left to the client, who has to check it anyway.
std::string why_not_stapled(std::string_view der, const X509& certificate, const X509* issuer,
                            std::int64_t now);

}  // namespace baton::tls
