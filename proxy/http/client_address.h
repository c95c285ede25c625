/// Who the client is: the peer of the connection, or whom trusted proxies in front of Baton say it is.
#pragma once

#include "config/config.h"
#include "proxy/http/heads.h"
#include "server/net/address.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace baton::http {

/// An IP address as bytes and as text, both ready to use. A value of 66 bytes: it borrows nothing.
class PartyAddress {
public:
    PartyAddress() = default;
    explicit PartyAddress(const Address& address);
    /// A numeric address with or without port and brackets, as proxies write it into X-Forwarded-For and
    /// Forwarded.
    static std::optional<PartyAddress> parse(std::string_view text);

    /// 4 or 16 bytes in network order; empty for a UNIX peer.
    std::span<const std::uint8_t> bytes() const { return {bytes_.data(), length_}; }
    /// Without port and brackets; `unix` for a UNIX peer.
    std::string_view text() const { return {text_.data(), text_length_}; }
    bool is_ip() const { return length_ != 0; }
    bool is_ipv6() const { return length_ == 16; }
    std::uint16_t port() const { return port_; }  ///< 0 = not known
    friend bool operator==(const PartyAddress& a, const PartyAddress& b) { return a.text() == b.text(); }

private:
    void set_text(std::string_view text);

    std::array<std::uint8_t, 16> bytes_{};
    std::array<char, 46> text_{};  // INET6_ADDRSTRLEN
    std::uint8_t length_ = 0;
    std::uint8_t text_length_ = 0;
    std::uint16_t port_ = 0;
};

/// The other end of a downstream connection. Made once per connection, because formatting an address is dear.
struct Peer {
    Peer() = default;
    Peer(const Address& address, std::span<const config::Cidr> trusted_proxies);

    PartyAddress address;
    bool trusted = false;  ///< it is one of the listener's trusted proxies
};

/// The client of one request: the peer, unless that is trusted; then the right-most address of the field that
/// the listener's style names (X-Forwarded-For, or Forwarded with `forwarded`) that is not a trusted proxy
/// itself. An entry that is no address ends the search: what stands left of it was never checked by anybody.
PartyAddress resolve_client(const Peer& peer, const FieldList& fields, const config::Listener& listener);

}  // namespace baton::http
