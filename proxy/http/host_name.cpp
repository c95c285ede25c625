#include "proxy/http/host_name.h"

#include "proxy/http/characters.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>

namespace baton::http {

namespace {

bool is_port(std::string_view text) {
    if (text.size() > 5 || !consists_of(CharacterClass::digit, text)) return false;
    unsigned port = 0;
    for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
    return port <= 65535;
}

bool is_ipv6(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
    text.copy(terminated.data(), text.size());
    in6_addr address{};
    return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

}  // namespace

bool is_authority(std::string_view authority, PortRule port) {
    std::size_t host_end = 0;
    if (authority.starts_with('[')) {
        const std::size_t bracket = authority.find(']');
        if (bracket == std::string_view::npos || !is_ipv6(authority.substr(1, bracket - 1))) return false;
        host_end = bracket + 1;
    } else {
        for (const char c : authority) {
            if (!is(CharacterClass::host, c)) break;
            ++host_end;
        }
        if (host_end == 0) return false;
    }
    if (host_end == authority.size()) return port == PortRule::optional;
    return authority[host_end] == ':' && is_port(authority.substr(host_end + 1));
}

}  // namespace baton::http
