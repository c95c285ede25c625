/// How many descriptors the processes may open (RLIMIT_NOFILE).
#pragma once

#include "config/config.h"

namespace baton {

/// Raises the soft limit to the hard one, or sets it to `process.max_open_files`, for which root also raises
/// the hard limit. Returns the soft limit that now holds; less than was asked for when the system allows no
/// more.
std::uint64_t set_descriptor_limit(const config::Process& process);

}  // namespace baton
