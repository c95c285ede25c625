#include "upgrade/hand_over/address_fields.h"

#include "upgrade/hand_over/strict_reader.h"

#include <cstddef>
#include <cstring>

namespace baton::upgrade {
namespace {

/// Their numbers in a parcel.
enum class Family : std::uint8_t { none = 0, local = 1, ipv4 = 4, ipv6 = 6 };

constexpr std::size_t longest_path = sizeof(sockaddr_un::sun_path);

template <class Bytes>
std::string_view view(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(&bytes), sizeof bytes};
}

void write_family(FieldWriter& fields, Family family) {
    fields.number(address_tag::family, static_cast<std::uint8_t>(family));
}

void write_ipv4(FieldWriter& fields, const sockaddr_in& address) {
    write_family(fields, Family::ipv4);
    fields.text(address_tag::ip, view(address.sin_addr));
    fields.number(address_tag::port, ntohs(address.sin_port));
}

void write_ipv6(FieldWriter& fields, const sockaddr_in6& address) {
    write_family(fields, Family::ipv6);
    fields.text(address_tag::ip, view(address.sin6_addr));
    fields.number(address_tag::port, ntohs(address.sin6_port));
    fields.number(address_tag::scope, address.sin6_scope_id);
}

void write_local(FieldWriter& fields, const sockaddr_un& address, std::size_t length) {
    constexpr std::size_t before_path = offsetof(sockaddr_un, sun_path);
    write_family(fields, Family::local);
    fields.text(address_tag::path, {address.sun_path, length > before_path ? length - before_path : 0});
}

template <class Socket>
Address address_of(const Socket& socket, std::size_t length = sizeof(Socket)) {
    return Address::from(reinterpret_cast<const sockaddr*>(&socket), static_cast<socklen_t>(length));
}

Address read_ipv4(StrictReader& fields) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const std::string_view ip = fields.bytes(address_tag::ip, sizeof address.sin_addr);
    if (!ip.empty()) std::memcpy(&address.sin_addr, ip.data(), ip.size());
    address.sin_port = htons(fields.number<std::uint16_t>(address_tag::port));
    return address_of(address);
}

Address read_ipv6(StrictReader& fields) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    const std::string_view ip = fields.bytes(address_tag::ip, sizeof address.sin6_addr);
    if (!ip.empty()) std::memcpy(&address.sin6_addr, ip.data(), ip.size());
    address.sin6_port = htons(fields.number<std::uint16_t>(address_tag::port));
    address.sin6_scope_id = fields.number<std::uint32_t>(address_tag::scope);
    return address_of(address);
}

Address read_local(StrictReader& fields) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string_view path = fields.text(address_tag::path, longest_path);
    if (!path.empty()) std::memcpy(address.sun_path, path.data(), path.size());
    return address_of(address, offsetof(sockaddr_un, sun_path) + path.size());
}

}  // namespace

void write_address(FieldWriter& fields, Tag tag, const Address& address) {
    fields.group(tag, [&] {
        const sockaddr* const any = address.data();
        switch (address.family()) {
            case AF_INET: write_ipv4(fields, *reinterpret_cast<const sockaddr_in*>(any)); break;
            case AF_INET6: write_ipv6(fields, *reinterpret_cast<const sockaddr_in6*>(any)); break;
            case AF_UNIX:
                write_local(fields, *reinterpret_cast<const sockaddr_un*>(any), address.length());
                break;
            default: write_family(fields, Family::none);
        }
    });
}

std::optional<Address> read_address(const FieldReader& fields, Tag tag) {
    const auto group = fields.group(tag);
    if (!group) return std::nullopt;
    StrictReader reader{*group};
    Address address;
    switch (static_cast<Family>(reader.number<std::uint8_t>(address_tag::family))) {
        case Family::none: break;
        case Family::local: address = read_local(reader); break;
        case Family::ipv4: address = read_ipv4(reader); break;
        case Family::ipv6: address = read_ipv6(reader); break;
        default: return std::nullopt;
    }
    return reader.good() ? std::optional{address} : std::nullopt;
}

}  // namespace baton::upgrade
