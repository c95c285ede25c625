/// Counts how many connections each client address holds, for `limits.connections_per_ip`.
#pragma once

#include "server/net/address.h"

#include <array>
#include <cstdint>
#include <map>

namespace baton {

/// Of one worker: with several workers an address may hold up to the limit in each of them. UNIX peers have
/// no address and are not counted.
class ClientsPerAddress {
public:
    /// Counts one more connection of `peer`, or says false when it already holds `limit`. A limit of 0 is
    /// none.
    bool enter(const Address& peer, std::uint32_t limit) {
        if (!counting_ || !peer.is_ip()) return true;
        std::uint32_t& held = connections_[key_of(peer)];
        if (limit != 0 && held >= limit) return false;
        ++held;
        return true;
    }
    /// One connection of `peer` that has entered is over.
    void leave(const Address& peer) {
        if (!counting_ || !peer.is_ip()) return;
        const auto found = connections_.find(key_of(peer));
        if (found != connections_.end() && --found->second == 0) connections_.erase(found);
    }
    /// Until then nothing is counted: without any limit it would be work for nothing.
    void start_counting() { counting_ = true; }

private:
    using Key = std::array<std::uint8_t, 17>;  // length and bytes of the address

    static Key key_of(const Address& peer) {
        Key key{};
        const auto bytes = peer.ip_bytes();
        key[0] = static_cast<std::uint8_t>(bytes.size());
        for (std::size_t i = 0; i < bytes.size(); ++i) key[i + 1] = bytes[i];
        return key;
    }

    std::map<Key, std::uint32_t> connections_;
    bool counting_ = false;
};

}  // namespace baton
