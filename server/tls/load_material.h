/// Loads all that TLS needs from files. For who starts generations; what comes out is opaque to them.
#pragma once

#include "config/config.h"
#include "config/finding.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace baton::tls {

struct Material;

/// A cold start leaves a bad certificate out so that the other hosts are served; `check` and `reload` refuse
/// it unless `tls.on_error` is `skip`.
enum class Strictness : std::uint8_t { cold_start, refuse };

struct LoadedMaterial {
    /// Null when the configuration uses no TLS at all, and when any finding is an error.
    std::shared_ptr<const Material> material;
    /// E-CERT, E-FILE, E-REF, W-CERT, W-CERT-EXPIRY, W-WORLD-READABLE, at the key that names the file.
    std::vector<config::Finding> findings;

    bool ok() const;
};

/// Whether anything in the configuration speaks TLS or names certificates.
bool uses_tls(const config::Config& config);

/// Reads every file that the configuration's TLS keys name. A CA, CRL or ticket key that cannot be used is
/// always an error, and so is a TLS listener for which no certificate is configured. Certificates that are
/// left out, and those that expire within 14 days, are warnings.
LoadedMaterial load_material(const config::Config& config, Strictness strictness);

}  // namespace baton::tls
