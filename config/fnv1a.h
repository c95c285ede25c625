/// The hash FNV-1a, which tells things apart and defends against nobody.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton::config {

/// 64 bits of everything that was added, in that order.
class Fnv1a {
public:
    void add(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }
    void add(std::string_view bytes) {
        for (const char byte : bytes) add(static_cast<unsigned char>(byte));
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace baton::config
