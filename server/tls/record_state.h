/// All that an established TLS connection knows, as plain data: the record layer works on it, and a parcel
/// can carry it.
///
/// Lives only in KeyMemory (locked, not dumped) and is cleansed when it leaves.
#pragma once

#include "server/tls/cipher_suite.h"

#include <array>
#include <cstdint>
#include <type_traits>

namespace baton::tls {

/// What one direction is sealed with.
struct TrafficKeys {
    std::array<std::uint8_t, 48> secret;  ///< TLS 1.3 traffic secret, for KeyUpdate; unused in TLS 1.2
    std::array<std::uint8_t, 32> key;
    std::array<std::uint8_t, 12> iv;  ///< TLS 1.2 GCM: only the first four bytes
    std::uint64_t sequence;           ///< of the next record
    std::uint64_t explicit_nonce;     ///< TLS 1.2 GCM, writing: of the next record
};

struct RecordState {
    std::uint16_t suite;  ///< CipherSuite::id
    Role role;
    bool read_closed;   ///< the peer's close_notify has come
    bool write_closed;  ///< ours has been sealed
    /// Plaintext bytes of the longest record that the peer takes (RFC 8449, RFC 6066 §4).
    std::uint16_t longest_plaintext;
    TrafficKeys reading;
    TrafficKeys writing;
};
static_assert(std::is_trivially_copyable_v<RecordState>);

}  // namespace baton::tls
