/// A configuration with what it needs from other files, as everybody loads it who is about to serve with it
/// or to judge it.
#pragma once

#include "config/load_config.h"
#include "server/tls/load_material.h"

#include <memory>
#include <string>
#include <vector>

namespace baton {

struct LoadedConfiguration {
    std::shared_ptr<const config::Config> config;   ///< null when any finding is an error
    std::shared_ptr<const tls::Material> material;  ///< null without TLS, and when any finding is an error
    std::vector<config::Finding> findings;          ///< of the YAML files, then of those that they name

    bool ok() const { return config != nullptr; }
    /// As text, for people.
    std::string report() const;
};

/// Never throws; a file that cannot be read is a finding.
LoadedConfiguration load_configuration(const std::string& file, tls::Strictness strictness);

/// Says in the log which certificates were left out.
void log_left_out(const LoadedConfiguration& loaded);

}  // namespace baton
