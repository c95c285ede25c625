/// Writes a document back as YAML, along the table of keys.
#pragma once

#include "config/yaml_node.h"

#include <string>

namespace baton::config {

enum class Secrets : std::uint8_t { redacted, shown };
enum class Origins : std::uint8_t { none, as_comments };

/// Every key with its value in canonical form, written or default; short forms are spelled out. Blocks that
/// only change what they inherit show what they change. Relative paths are completed with `directory`.
std::string render(const Node& root, const std::string& directory, Secrets secrets, Origins origins);

}  // namespace baton::config
