#include "server/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace baton {

Address Address::from(const sockaddr* address, socklen_t length) {
    Address result;
    result.length_ = std::min<socklen_t>(length, sizeof(result.storage_));
    std::memcpy(&result.storage_, address, result.length_);
    return result;
}

std::optional<Address> Address::ip(std::string_view host, std::uint16_t port) {
    char text[INET6_ADDRSTRLEN + 1];
    if (host.empty() || host.size() >= sizeof text || host.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::memcpy(text, host.data(), host.size());
    text[host.size()] = '\0';
    Address result;
    if (::inet_pton(AF_INET, text, &result.storage_.v4.sin_addr) == 1) {
        result.storage_.v4.sin_family = AF_INET;
        result.storage_.v4.sin_port = htons(port);
        result.length_ = sizeof(sockaddr_in);
        return result;
    }
    if (::inet_pton(AF_INET6, text, &result.storage_.v6.sin6_addr) == 1) {
        result.storage_.v6.sin6_family = AF_INET6;
        result.storage_.v6.sin6_port = htons(port);
        result.length_ = sizeof(sockaddr_in6);
        return result;
    }
    return std::nullopt;
}

Address Address::any_ipv6(std::uint16_t port) {
    return *ip("::", port);
}

std::optional<Address> Address::unix_path(std::string_view path) {
    Address result;
    if (path.empty() || path.size() >= sizeof(result.storage_.local.sun_path)) return std::nullopt;
    result.storage_.local.sun_family = AF_UNIX;
    std::memcpy(result.storage_.local.sun_path, path.data(), path.size());
    result.length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
    return result;
}

Address Address::local_of(int descriptor) {
    Address result;
    socklen_t length = sizeof(result.storage_);
    if (::getsockname(descriptor, &result.storage_.any, &length) != 0) return {};
    result.length_ = std::min<socklen_t>(length, sizeof(result.storage_));
    return result;
}

Address Address::peer_of(int descriptor) {
    Address result;
    socklen_t length = sizeof(result.storage_);
    if (::getpeername(descriptor, &result.storage_.any, &length) != 0) return {};
    result.length_ = std::min<socklen_t>(length, sizeof(result.storage_));
    return result;
}

std::uint16_t Address::port() const {
    if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
    if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
    return 0;
}

std::span<const std::uint8_t> Address::ip_bytes() const {
    if (family() == AF_INET) return {reinterpret_cast<const std::uint8_t*>(&storage_.v4.sin_addr), 4};
    if (family() != AF_INET6) return {};
    const std::uint8_t* bytes = storage_.v6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&storage_.v6.sin6_addr)) return {bytes + 12, 4};
    return {bytes, 16};
}

std::string Address::host() const {
    char text[INET6_ADDRSTRLEN];
    const auto bytes = ip_bytes();
    if (bytes.empty()) return "unix";
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

std::string Address::to_string() const {
    if (family() == AF_UNIX) {
        const std::size_t header = offsetof(sockaddr_un, sun_path);
        if (length_ <= header || storage_.local.sun_path[0] == '\0') return "unix:";
        return std::string("unix:") +
               std::string(storage_.local.sun_path, ::strnlen(storage_.local.sun_path, length_ - header));
    }
    if (!is_ip()) return "unknown";
    const std::string port_text = std::to_string(port());
    return ip_bytes().size() == 4 ? host() + ":" + port_text : "[" + host() + "]:" + port_text;
}

bool operator==(const Address& a, const Address& b) {
    if (a.family() != b.family()) return false;
    if (a.family() == AF_UNIX) return a.to_string() == b.to_string();
    if (!a.is_ip() || a.port() != b.port()) return false;
    const auto left = a.ip_bytes(), right = b.ip_bytes();
    return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace baton
