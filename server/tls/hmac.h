/// HMAC for the key schedule of TLS 1.3, from the bare digest: OpenSSL's own costs three times as much to set
/// up.
#pragma once

#include "server/tls/cipher_suite.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace baton::tls {

/// No hash is longer.
inline constexpr std::size_t longest_hash = 48;

constexpr std::size_t length_of(Hash hash) {
    return hash == Hash::sha256 ? 32 : longest_hash;
}

/// HMAC (RFC 2104). `key` is at most one hash long, `out` exactly. False when OpenSSL fails. Neither OpenSSL
/// nor the stack keeps anything of what goes in.
bool hmac(Hash hash, std::span<const std::uint8_t> key, std::span<const std::uint8_t> message,
          std::span<std::uint8_t> out);

/// The digest of no bytes at all, into `out`, exactly one hash long. As above.
bool hash_of_nothing(Hash hash, std::span<std::uint8_t> out);

}  // namespace baton::tls
