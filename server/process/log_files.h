/// Log files that a worker without privileges must be able to open anew.
#pragma once

#include "config/config.h"
#include "server/process/privileges.h"

#include <string>
#include <tl/expected.hpp>

namespace baton {

/// Makes each log file that the configuration names if it is missing, and gives it to the workers' user, at
/// start and before logs are reopened. Fails with words for the operator when a file cannot be made; a file
/// that is not regular, or that has another name elsewhere (a hard link), keeps its owner.
tl::expected<void, std::string> prepare_log_files(const config::Logging& logging,
                                                  const Privileges& privileges);

}  // namespace baton
