#include "server/process/notification.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace baton {
namespace {

/// Left out are those that name a process, which outside is always the supervisor, and those that come with
/// descriptors, which it does not carry.
constexpr std::string_view repeated_outside[] = {
    "READY", "RELOADING", "MONOTONIC_USEC", "STOPPING", "STATUS", "ERRNO", "WATCHDOG", "EXTEND_TIMEOUT_USEC"};

std::optional<pid_t> read_process_id(std::string_view text) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error != std::errc{} || end != text.data() + text.size() || pid <= 0) return std::nullopt;
    return pid;
}

void read_line(std::string_view line, Notification& into) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    const auto name = line.substr(0, equals);
    if (name == "MAINPID") {
        if (const auto pid = read_process_id(line.substr(equals + 1))) into.main_process = pid;
        return;
    }
    if (std::ranges::find(repeated_outside, name) == std::end(repeated_outside)) return;
    if (!into.for_outside.empty()) into.for_outside += '\n';
    into.for_outside += line;
}

}  // namespace

Notification read_notification(std::string_view datagram) {
    Notification notification;
    while (!datagram.empty()) {
        const auto line = datagram.substr(0, datagram.find('\n'));
        read_line(line, notification);
        datagram.remove_prefix(std::min(line.size() + 1, datagram.size()));
    }
    return notification;
}

}  // namespace baton
