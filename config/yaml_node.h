/// A YAML document as a tree of our own, every node with its place. yaml-cpp ends behind `read_yaml`.
///
/// Scalars have no type here: `no`, `010` and `1:30` are text until the binder types them. Aliases share the
/// subtree of their anchor; `<<` has been expanded.
#pragma once

#include "config/report.h"
#include "config/source_file.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace baton::config {

struct Node;
using NodePtr = std::shared_ptr<Node>;

/// One key of a map with its value.
struct MapEntry {
    std::string key;
    Place key_place;
    NodePtr value;  // never null
};

struct Node {
    enum class Kind : std::uint8_t { null, scalar, list, map };

    Kind kind = Kind::null;
    Place place;
    std::string text;          ///< scalar: its value
    bool quoted = false;       ///< scalar: was written in quotes or as a block
    bool flow = false;         ///< map: was written in braces
    bool secret = false;       ///< scalar: holds the content of a secret; never shown
    bool substituted = false;  ///< `${…}` has been replaced below this node
    /// Scalar: the value with `{` escaped in what was substituted, so that no substitution can inject a
    /// variable.
    std::optional<std::string> escaped_text;
    std::vector<NodePtr> items;     ///< list
    std::vector<MapEntry> entries;  ///< map, in file order, no key twice
    std::uint32_t weight = 1;       ///< nodes below and including this one, aliases expanded
    std::uint32_t height = 1;       ///< levels below and including this one

    const MapEntry* find(std::string_view key) const;
};

inline constexpr std::size_t largest_file = 4ULL * 1024 * 1024;  ///< bytes of one configuration file
inline constexpr std::uint32_t most_nodes = 100'000;             ///< of one file, after aliases are expanded
inline constexpr std::uint32_t deepest_nesting = 32;

/// Reads one document. Null after a syntax error, which is then in the report; an empty document is an empty
/// map. Duplicate keys are reported and the first one stays.
NodePtr read_yaml(const SourceFile& source, Report& report);

}  // namespace baton::config
