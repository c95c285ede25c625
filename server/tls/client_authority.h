/// Loads whom the client certificates of a host must come from.
#pragma once

#include "server/tls/material.h"
#include "server/tls/material_report.h"

#include <memory>
#include <string>

namespace baton::tls {

/// `key_path` is that of the `client_auth` block. Null when a file cannot be used, which is always an error:
/// otherwise the host would refuse everybody, or let everybody in.
std::unique_ptr<ClientAuthority> load_client_authority(const config::ClientAuth& settings,
                                                       const std::string& key_path, MaterialReport& report);

}  // namespace baton::tls
