/// Message digests, so that nothing outside this folder needs OpenSSL for them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace baton::tls {

/// SHA-1 of the pieces one behind the other. Only where a protocol prescribes it (RFC 6455 §4.2.2): it
/// protects nothing.
std::array<std::uint8_t, 20> sha1(std::initializer_list<std::string_view> pieces);
std::array<std::uint8_t, 32> sha256(std::initializer_list<std::string_view> pieces);

}  // namespace baton::tls
