/// Reads YAML into a `Config`, or into the list of everything that is wrong with it.
#pragma once

#include "config/config.h"
#include "config/finding.h"

#include <memory>
#include <string>
#include <vector>

namespace baton::config {

struct LoadResult {
    std::shared_ptr<const Config> config;  ///< null when any finding is an error
    std::vector<Finding> findings;         ///< errors and warnings, by file and position

    bool ok() const { return config != nullptr; }
};

/// Loads `path` and what it includes. Never throws; a file that cannot be read is a finding.
LoadResult load_config(const std::string& path);

/// The same for text that is already in memory; `name` stands for the file in messages. Used by tests and
/// fuzzers.
LoadResult load_config_text(std::string_view text, const std::string& name);

}  // namespace baton::config
