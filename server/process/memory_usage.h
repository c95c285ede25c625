/// How much memory this process uses, and how much it may.
#pragma once

#include "config/config.h"
#include "server/event/fd.h"

#include <cstdint>

namespace baton {

/// The resident memory of the process that made this. Keeps a file open: a worker in its sandbox opens none.
class ResidentMemory {
public:
    ResidentMemory();
    /// 0 when the system does not tell.
    std::uint64_t bytes() const;

private:
    Fd file_;
};

/// Gives freed memory back to the system, which the allocator otherwise keeps for this process. 50 µs with 3
/// MB.
void trim_heap();

/// One worker's share of `process.memory_limit` in bytes; `auto` is 80 % of the cgroup's limit. 0 = no limit.
std::uint64_t memory_share(const config::Process& process);

}  // namespace baton
