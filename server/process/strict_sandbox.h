/// `process.sandbox: strict`: what a worker still may once it serves.
#pragma once

#include "config/config.h"

namespace baton {

/// What of `wanted` this build and this kernel can do; says in the log what is missing.
config::Sandbox possible_sandbox(config::Sandbox wanted);

/// Gives up files, ports and system calls that serving does not take, for ever. To be called by a worker that
/// has opened everything and has no_new_privs; `channel` leads to its master, see `system_call_filter.h`. On
/// failure (false, errno set) the process must end.
bool enter_strict_sandbox(const config::Config& config, int channel);

}  // namespace baton
