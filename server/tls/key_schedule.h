/// The part of TLS 1.3's key schedule that goes on after the handshake: from a traffic secret to keys, and to
/// the next secret (RFC 8446 §7.2, §7.3).
#pragma once

#include "server/tls/cipher_suite.h"
#include "server/tls/record_state.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace baton::tls {

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1). `out` is at most one hash long, and `label` at
/// most 32 bytes, without the `tls13 ` that is put before it. False when OpenSSL fails.
bool expand_label(Hash hash, std::span<const std::uint8_t> secret, std::string_view label,
                  std::span<std::uint8_t> out);

/// Fills in `key` and `iv` from `secret`, whose first `hash_length()` bytes count; the sequence begins at 0.
/// False when OpenSSL fails: the keys are then unusable. Whoever caches by these keys' address must forget.
bool derive_traffic_keys(const CipherSuite& suite, TrafficKeys& keys);

/// Replaces `secret` by its successor, as a KeyUpdate asks for, and derives from that. As above.
bool update_traffic_keys(const CipherSuite& suite, TrafficKeys& keys);

}  // namespace baton::tls
