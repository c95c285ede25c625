/// The effective configuration as YAML: what was written, with every default and without what is secret.
#pragma once

#include "config/config.h"

#include <string>

namespace baton::config {

/// Loads back to an equal configuration unless it holds secrets, which are shown as `[redacted]`. Comments
/// say where a value was written; what has none is a default.
std::string dump(const Config& config);

}  // namespace baton::config
