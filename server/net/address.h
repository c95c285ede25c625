/// A socket address: IPv4, IPv6 or UNIX.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace baton {

class Address {
public:
    Address() = default;
    static Address from(const sockaddr* address, socklen_t length);
    /// A numeric address (no brackets, no name); nothing when `host` is not one.
    static std::optional<Address> ip(std::string_view host, std::uint16_t port);
    static Address any_ipv6(std::uint16_t port);
    /// Nothing when the path is longer than a sockaddr_un holds.
    static std::optional<Address> unix_path(std::string_view path);
    /// Of the socket's own end, or of its peer; a family of AF_UNSPEC when the socket has none.
    static Address local_of(int descriptor);
    static Address peer_of(int descriptor);

    int family() const { return storage_.any.sa_family; }
    bool is_ip() const { return family() == AF_INET || family() == AF_INET6; }
    std::uint16_t port() const;
    /// 4 or 16 bytes in network order; an IPv4-mapped IPv6 address gives 4. Empty for UNIX.
    std::span<const std::uint8_t> ip_bytes() const;
    /// Without port; IPv4-mapped as IPv4; `unix` for a UNIX address.
    std::string host() const;
    /// `127.0.0.1:80`, `[::1]:80`, `unix:/path`.
    std::string to_string() const;

    const sockaddr* data() const { return &storage_.any; }
    socklen_t length() const { return length_; }
    friend bool operator==(const Address& a, const Address& b);

private:
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
        sockaddr_un local;
    } storage_{};
    socklen_t length_ = 0;
};

}  // namespace baton
