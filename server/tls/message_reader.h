/// Takes the handshake messages that may still come after the handshake out of their records (RFC 8446 §4.6,
/// §5.1; RFC 5246 §7.4.1).
#pragma once

#include "server/tls/alert.h"
#include "server/tls/cipher_suite.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::tls {

enum class LateMessage : std::uint8_t {
    incomplete,            ///< the rest is in a later record
    session_ticket,        ///< TLS 1.3, from a server
    key_update,            ///< TLS 1.3: the peer has changed its keys
    key_update_requested,  ///< the same, and it wants ours changed
    renegotiation,         ///< TLS 1.2: a HelloRequest or a ClientHello
};

/// Holds at most a header and one byte of a message: of what is long, only its end matters here.
class MessageReader {
public:
    /// Takes the next message, or the part of it that has come, from the front of `content`, which is not
    /// empty. Fails with the alert that is due for a message that `peer` must not send.
    tl::expected<LateMessage, Alert> next(std::string_view& content, Version version, Role peer);
    bool in_message() const { return header_length_ > 0; }

    /// As much of a message as has come, for another process to go on with.
    struct Partial {
        std::array<std::uint8_t, 4> header{};
        std::uint8_t header_length = 0;
        std::uint8_t first = 0;         ///< of the body
        std::uint32_t body_passed = 0;  ///< in bytes
    };
    Partial partial() const { return {header_, header_length_, first_, body_passed_}; }
    /// Goes on behind `partial`; nothing when no message of that peer can have come so far.
    static std::optional<MessageReader> resume(const Partial& partial, Version version, Role peer);

private:
    tl::expected<LateMessage, Alert> kind(Version version, Role peer) const;
    std::size_t body_length() const;

    std::array<std::uint8_t, 4> header_{};
    std::uint8_t header_length_ = 0;  // bytes of it that have come
    std::uint8_t first_ = 0;          // of the body
    std::uint32_t body_passed_ = 0;
};

}  // namespace baton::tls
