#include "config/node_digest.h"

#include <string_view>

namespace baton::config {
namespace {

/// FNV-1a. Every text goes in with its length, so that none runs into the next.
class Digest {
public:
    void add(std::uint64_t number) {
        for (int byte = 0; byte < 8; ++byte) mix(static_cast<unsigned char>(number >> (8 * byte)));
    }
    void add(std::string_view text) {
        add(text.size());
        for (const char c : text) mix(static_cast<unsigned char>(c));
    }
    void add(const Node& node) {
        add(static_cast<std::uint64_t>(node.kind));
        add(node.text);
        add(node.items.size());
        for (const auto& item : node.items) add(*item);
        add(node.entries.size());
        for (const MapEntry& entry : node.entries) {
            add(entry.key);
            add(*entry.value);
        }
    }
    std::uint64_t value() const { return value_; }

private:
    void mix(unsigned char byte) {
        value_ ^= byte;
        value_ *= 1099511628211ULL;
    }
    std::uint64_t value_ = 14695981039346656037ULL;
};

}  // namespace

std::uint64_t digest(const Node& node) {
    Digest digest;
    digest.add(node);
    return digest.value();
}

}  // namespace baton::config
