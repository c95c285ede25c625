/// How rules about header fields of an inner level join those of the outer ones.
#pragma once

#include "config/config.h"

namespace baton::config {

/// Outer rules come first and are never dropped silently. An inner `set` replaces an outer `set` or `add` of
/// the same name, an inner `remove` takes them away, an inner `add` is appended.
HeaderRules merge_header_rules(const HeaderRules& outer, const HeaderRules& inner);

}  // namespace baton::config
