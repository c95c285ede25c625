/// Keys of session tickets outside of the ring, for as long as somebody works with them.
#pragma once

#include "server/shared/ticket_key_ring.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace baton::tls {

/// A key as the machines of a fleet share it: 16 bytes of name, 32 of HMAC, 32 of AES, as nginx reads them.
using TicketKeyFile = std::array<std::uint8_t, 80>;

/// Wiped when it goes. The first key encrypts.
struct TicketKeys {
    std::array<shared::TicketKey, shared::TicketKeyRing::most_keys> keys{};
    std::size_t count = 0;

    TicketKeys() = default;
    /// A copy of what the ring holds now; empty while somebody writes there.
    explicit TicketKeys(const shared::TicketKeyRing& ring) : count(ring.read(keys)) {}
    TicketKeys(const TicketKeys&) = default;
    TicketKeys& operator=(const TicketKeys&) = default;
    ~TicketKeys();

    std::span<const shared::TicketKey> all() const { return std::span(keys).first(count); }
};

}  // namespace baton::tls
