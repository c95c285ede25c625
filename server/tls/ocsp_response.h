/// Whether an OCSP response may be stapled (RFC 6960 §4.2, RFC 6066 §8).
#pragma once

#include <openssl/x509.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::tls {

struct StapleVerdict {
    std::string why_not;     ///< for the operator; empty when the response may be stapled
    std::int64_t until = 0;  ///< seconds since 1970; 0 = it does not say
};

/// A response may be stapled when `der` is a successful one that calls `certificate` good and has not ended
/// at `now` (seconds since 1970). `issuer` may be null when the file has no chain; then only the serial
/// number is compared. Its signature is left to the client, who has to check it anyway.
StapleVerdict judge_staple(std::string_view der, const X509& certificate, const X509* issuer,
                           std::int64_t now);

}  // namespace baton::tls
