/// A short form of what a part of a document says.
#pragma once

#include "config/yaml_node.h"

#include <cstdint>

namespace baton::config {

/// Equal for parts that say the same, wherever in a file they stand. 64 bits tell the parts of one
/// configuration apart; they do not defend against anybody.
std::uint64_t digest(const Node& node);

}  // namespace baton::config
