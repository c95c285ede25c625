#include "server/process/memory_usage.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

namespace baton {
namespace {

/// memory.max of the cgroup (version 2) that this process is in, as the container sees it; 0 = none.
std::uint64_t cgroup_limit() {
    std::ifstream file{"/sys/fs/cgroup/memory.max"};
    std::string text;
    if (!(file >> text) || text.empty() || text.find_first_not_of("0123456789") != std::string::npos ||
        text.size() > 18)
        return 0;
    return std::stoull(text);
}

}  // namespace

ResidentMemory::ResidentMemory() : file_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

std::uint64_t ResidentMemory::bytes() const {
    char text[128] = {};
    if (!file_ || ::pread(file_.get(), text, sizeof text - 1, 0) <= 0) return 0;
    char* resident = nullptr;  // behind the total
    std::strtoull(text, &resident, 10);
    return std::strtoull(resident, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void trim_heap() {
    ::malloc_trim(0);
}

std::uint64_t memory_share(const config::Process& process) {
    const std::uint64_t all = process.memory_limit != 0 ? process.memory_limit : cgroup_limit() / 10 * 8;
    return all / std::max<std::uint32_t>(process.workers, 1);
}

}  // namespace baton
