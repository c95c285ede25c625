/// From OpenSSL's handshake to our own record layer: the traffic keys of both directions, and the proof that
/// they are the right ones.
#pragma once

#include "server/tls/cipher_suite.h"
#include "server/tls/record_state.h"
#include "server/tls/workspace.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace baton::tls {

/// TLS 1.2: what both directions' keys are made of (RFC 5246 §6.3). Views into the caller's memory.
struct MasterSecret {
    std::span<const std::uint8_t> secret;  ///< 48 bytes
    std::span<const std::uint8_t> client_random;
    std::span<const std::uint8_t> server_random;
};

/// Whether both directions hold a traffic secret of TLS 1.3. No secret is all zeros, as memory that nobody
/// has filled in is: a record sealed with that would be for everybody to read.
bool has_secrets(const RecordState& state);

/// Fills in key and iv of both directions: TLS 1.3 from the `secret` that each already holds. False when
/// OpenSSL fails.
bool derive_keys(const CipherSuite& suite, RecordState& state);
/// The same for TLS 1.2, from the master secret.
bool derive_keys(const CipherSuite& suite, const MasterSecret& master, RecordState& state);

/// The last record of a direction, whole, as it stood on the wire.
struct LastRecords {
    std::string_view read;
    std::string_view written;
};

/// Opens the last records once more with what has been derived, each with the sequence before the present
/// one. A direction that has carried no record under its keys is not looked at. False: keys or sequences are
/// wrong, and no byte may be sealed with them.
bool self_check(Workspace& workspace, const CipherSuite& suite, const RecordState& state,
                const LastRecords& last);

/// TLS 1.2 with GCM: OpenSSL counts the explicit nonces of what it writes from a random start; ours go on
/// behind the one in `last_written`.
void continue_explicit_nonce(const CipherSuite& suite, std::string_view last_written, RecordState& state);

}  // namespace baton::tls
