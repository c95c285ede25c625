/// Why a handshake failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::tls {

/// As counters and logs distinguish it.
enum class HandshakeFault : std::uint8_t {
    closed,        ///< the peer went away in the middle
    not_tls,       ///< what it sent is no TLS record
    version,       ///< no common version
    cipher,        ///< no common suite, group or signature
    unknown_name,  ///< no certificate for the name it asked for
    certificate,   ///< the peer's certificate is missing or was not accepted, or it did not accept ours
    protocol,      ///< anything else that the peer did against the protocol
    self_check,    ///< the record layer could not take over: a bug of ours or of OpenSSL
    internal,      ///< OpenSSL failed on our side
};
std::string_view to_string(HandshakeFault fault);

struct HandshakeFailure {
    HandshakeFault fault;
    std::string detail;  ///< OpenSSL's words, for the log; may be empty
};

}  // namespace baton::tls
