#include "server/process/heartbeat_monitor.h"

#include "server/event/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace baton {

std::optional<ProcessUsage> read_process_usage(pid_t pid) {
    const Fd file{::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) return std::nullopt;
    char text[512];
    const ssize_t length = ::read(file.get(), text, sizeof text - 1);
    if (length <= 0) return std::nullopt;
    // The name in the second field may hold anything; its closing bracket is the last one.
    const std::string line(text, static_cast<std::size_t>(length));
    const auto after_name = line.rfind(')');
    if (after_name == std::string::npos) return std::nullopt;
    ProcessUsage usage;
    unsigned long user = 0;
    unsigned long system = 0;
    if (std::sscanf(line.c_str() + after_name + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                    &usage.state, &user, &system) != 3)
        return std::nullopt;
    usage.processor_time =
        std::chrono::seconds{1} * static_cast<std::int64_t>(user + system) / ::sysconf(_SC_CLK_TCK);
    return usage;
}

bool HeartbeatMonitor::stands_still(std::int64_t heartbeat) {
    if (heartbeat == last_) return ++looks_ >= longest_standstill;
    last_ = heartbeat;
    looks_ = 0;
    used_before_.reset();
    return false;
}

bool HeartbeatMonitor::is_hung(std::int64_t heartbeat, pid_t pid) {
    // The first look of a standstill notes the processor time, those of the end compare with it; none else
    // needs it.
    const bool first = heartbeat == last_ && looks_ == 0;
    const bool late = heartbeat == last_ && looks_ + 1 >= longest_standstill;
    return is_hung(heartbeat, first || late ? read_process_usage(pid) : std::nullopt);
}

bool HeartbeatMonitor::is_hung(std::int64_t heartbeat, const std::optional<ProcessUsage>& usage) {
    const bool late = stands_still(heartbeat);
    if (usage && looks_ > 0 && !used_before_) used_before_ = usage->processor_time;
    if (!late || !usage) return false;
    if (usage->state != 'R') return usage->state != 'Z';
    return usage->processor_time - *used_before_ >= busy;
}

}  // namespace baton
