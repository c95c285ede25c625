#include "config/node_digest.h"

#include "config/fnv1a.h"

#include <string_view>

namespace baton::config {
namespace {

/// Every text goes in with its length, so that none runs into the next.
class Digest {
public:
    void add(std::uint64_t number) {
        for (int byte = 0; byte < 8; ++byte) hash_.add(static_cast<unsigned char>(number >> (8 * byte)));
    }
    void add(std::string_view text) {
        add(text.size());
        hash_.add(text);
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
    std::uint64_t value() const { return hash_.value(); }

private:
    Fnv1a hash_;
};

}  // namespace

std::uint64_t digest(const Node& node) {
    Digest digest;
    digest.add(node);
    return digest.value();
}

}  // namespace baton::config
