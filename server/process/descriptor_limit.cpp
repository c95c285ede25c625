#include "server/process/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace baton {

std::uint64_t set_descriptor_limit(const config::Process& process) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const rlim_t wanted = process.max_open_files == 0 ? limit.rlim_max : process.max_open_files;
    if (wanted > limit.rlim_max) {
        const rlimit higher{wanted, wanted};
        if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return wanted;
    }
    const rlim_t soft = std::min(wanted, limit.rlim_max);
    const rlimit raised{soft, limit.rlim_max};
    return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? soft : limit.rlim_cur;
}

}  // namespace baton
