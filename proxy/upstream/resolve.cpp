#include "proxy/upstream/resolve.h"

#include <netdb.h>

#include <algorithm>
#include <memory>

namespace baton::upstream {

namespace {

bool is_before(const Address& a, const Address& b) {
    const auto left = a.ip_bytes();
    const auto right = b.ip_bytes();
    if (left.size() != right.size()) return left.size() < right.size();  // IPv4 first
    return std::ranges::lexicographical_compare(left, right);
}

bool is_localhost(std::string_view name) {
    return name == "localhost" || name.ends_with(".localhost");
}

// A machine without /etc/hosts knows no localhost, although the name can mean nothing else (RFC 6761 §6.3).
Resolution loopback(std::uint16_t port) {
    return {{*Address::ip("127.0.0.1", port), *Address::ip("::1", port)}, {}};
}

Resolution look_up(const config::Endpoint& endpoint) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const std::string port = std::to_string(endpoint.port);
    int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &list);
    if (error == EAI_ADDRFAMILY || error == EAI_NONAME || error == EAI_NODATA) {
        // AI_ADDRCONFIG does not count loopback addresses: without a network `localhost` would have no
        // address.
        hints.ai_flags = AI_NUMERICSERV;
        error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &list);
    }
    if (error != 0 && is_localhost(endpoint.host)) return loopback(endpoint.port);
    if (error != 0) return {{}, ::gai_strerror(error)};

    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
    Resolution result;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        result.addresses.push_back(Address::from(entry->ai_addr, entry->ai_addrlen));
    }
    std::ranges::sort(result.addresses, is_before);
    result.addresses.erase(std::unique(result.addresses.begin(), result.addresses.end()),
                           result.addresses.end());
    return result;
}

}  // namespace

Resolution resolve(const config::Endpoint& endpoint) {
    if (endpoint.kind == config::Endpoint::Kind::unix_path) {
        if (const auto address = Address::unix_path(endpoint.path)) return {{*address}, {}};
        return {{}, "path too long for a socket"};
    }
    if (const auto address = Address::ip(endpoint.host, endpoint.port)) return {{*address}, {}};
    return look_up(endpoint);
}

}  // namespace baton::upstream
