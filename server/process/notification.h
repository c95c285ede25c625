/// What a master says to the supervisor above it, in the words of sd_notify(3).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace baton {

struct Notification {
    /// `MAINPID=`: who is to be followed from now on. The last one counts.
    std::optional<pid_t> main_process;
    /// The lines that are meant for a service manager outside too; empty = nothing is.
    std::string for_outside;
};

/// Reads one datagram: lines of `NAME=value`. What is not known, or is no process id, is left out: the
/// protocol grows by lines that others ignore.
Notification read_notification(std::string_view datagram);

}  // namespace baton
