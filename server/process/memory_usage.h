/// How much memory this process uses, and how much it may.
#pragma once

#include "config/config.h"

#include <cstdint>

namespace baton {

/// Bytes of resident memory of this process; 0 when the system does not tell.
std::uint64_t resident_memory();

/// Gives freed memory back to the system, which the allocator otherwise keeps for this process. 50 µs with 3
/// MB.
void trim_heap();

/// One worker's share of `process.memory_limit` in bytes; `auto` is 80 % of the cgroup's limit. 0 = no limit.
std::uint64_t memory_share(const config::Process& process);

}  // namespace baton
