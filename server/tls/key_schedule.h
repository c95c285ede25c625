/// The key schedule of TLS 1.3 (RFC 8446 §7.1): from what was agreed on to secrets, from secrets to keys, and
/// to the next secret when keys are updated.
///
/// OpenSSL's handshakes use it through `key_schedule_provider.h`, the record layer goes on with it.
#pragma once

#include "server/tls/cipher_suite.h"
#include "server/tls/record_state.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace baton::tls {

inline constexpr std::string_view label_prefix = "tls13 ";
inline constexpr std::size_t longest_label = 32;

/// HKDF-Expand-Label (RFC 8446 §7.1). `secret` and `out` are at most one hash long, and `context` at most 48
/// bytes; `label` is at most `longest_label` bytes long, without the `label_prefix` that is put before it.
/// False when OpenSSL fails.
bool expand_label(Hash hash, std::span<const std::uint8_t> secret, std::string_view label,
                  std::span<const std::uint8_t> context, std::span<std::uint8_t> out);

/// The next in the chain of Early, Handshake and Master Secret: HKDF-Extract of `input` with what `previous`,
/// one hash long, is expanded to. Either may be empty: zeros then stand in its place. `out` is one hash long.
/// False when OpenSSL fails.
bool extract_secret(Hash hash, std::span<const std::uint8_t> previous, std::span<const std::uint8_t> input,
                    std::span<std::uint8_t> out);

/// Fills in `key` and `iv` from `secret`, whose first `hash_length()` bytes count; the sequence begins at 0.
/// False when OpenSSL fails: the keys are then unusable. Whoever caches by these keys' address must forget.
bool derive_traffic_keys(const CipherSuite& suite, TrafficKeys& keys);

/// Replaces `secret` by its successor, as a KeyUpdate asks for, and derives from that. As above.
bool update_traffic_keys(const CipherSuite& suite, TrafficKeys& keys);

}  // namespace baton::tls
