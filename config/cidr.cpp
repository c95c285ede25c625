#include "config/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace baton::config {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// The IPv4 part of an IPv4-mapped IPv6 address, otherwise the address itself.
std::span<const std::uint8_t> without_mapping(std::span<const std::uint8_t> address) {
    if (address.size() != 16) return address;
    if (!std::equal(mapped_prefix.begin(), mapped_prefix.end(), address.begin())) return address;
    return address.subspan(12);
}

bool first_bits_equal(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, unsigned bits) {
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    return (a[whole] & mask) == (b[whole] & mask);
}

bool host_bits_are_zero(std::span<const std::uint8_t> bytes, unsigned prefix) {
    for (std::size_t bit = prefix; bit < bytes.size() * 8; ++bit) {
        if ((bytes[bit / 8] & (0x80 >> (bit % 8))) != 0) return false;
    }
    return true;
}

}  // namespace

std::optional<Cidr> Cidr::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string host{text.substr(0, slash)};
    if (host.find('\0') != std::string::npos) return std::nullopt;
    Cidr block;
    if (inet_pton(AF_INET, host.c_str(), block.bytes_.data()) == 1) {
        block.length_ = 4;
    } else if (inet_pton(AF_INET6, host.c_str(), block.bytes_.data()) == 1) {
        block.length_ = 16;
    } else {
        return std::nullopt;
    }
    unsigned prefix = block.length_ * 8U;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
        if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
        if (prefix > block.length_ * 8U) return std::nullopt;
    }
    block.prefix_ = static_cast<std::uint8_t>(prefix);
    if (!host_bits_are_zero({block.bytes_.data(), block.length_}, prefix)) return std::nullopt;
    if (block.length_ == 16 && prefix >= 96) {  // `::ffff:10.0.0.0/104` means the IPv4 block
        const auto plain = without_mapping({block.bytes_.data(), block.bytes_.size()});
        if (plain.size() == 4) {
            std::array<std::uint8_t, 16> bytes{};
            std::copy(plain.begin(), plain.end(), bytes.begin());
            block.bytes_ = bytes;
            block.length_ = 4;
            block.prefix_ = static_cast<std::uint8_t>(prefix - 96);
        }
    }
    return block;
}

bool Cidr::contains(std::span<const std::uint8_t> address) const {
    const auto plain = without_mapping(address);
    if (length_ == 0 || plain.size() != length_) return false;
    return first_bits_equal(plain, {bytes_.data(), length_}, prefix_);
}

bool Cidr::contains(const Cidr& other) const {
    return length_ != 0 && other.length_ == length_ && other.prefix_ >= prefix_ &&
           first_bits_equal({other.bytes_.data(), length_}, {bytes_.data(), length_}, prefix_);
}

}  // namespace baton::config
