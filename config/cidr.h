/// A block of IP addresses such as `10.0.0.0/8`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace baton::config {

class Cidr {
public:
    /// Reads `a.b.c.d`, `a.b.c.d/n`, `v6` or `v6/n`. Nothing for anything else, or when host bits are set.
    static std::optional<Cidr> parse(std::string_view text);

    /// Whether the address (4 or 16 bytes, network order) lies in the block. An IPv4-mapped IPv6 address is
    /// compared as IPv4.
    bool contains(std::span<const std::uint8_t> address) const;
    /// Whether every address of `other` lies in this block.
    bool contains(const Cidr& other) const;

private:
    std::array<std::uint8_t, 16> bytes_{};
    std::uint8_t length_ = 0;  // 4 or 16
    std::uint8_t prefix_ = 0;  // bits
};

}  // namespace baton::config
