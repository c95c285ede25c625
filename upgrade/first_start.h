/// The conditions under which the lineage's first master was started; every successor finds the same.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <string>
#include <vector>

namespace baton::upgrade {

/// Captured before anything is changed. The working directory, umask, niceness and affinity are not in here
/// because no master ever changes its own.
struct FirstStart {
    std::vector<std::string> arguments;    ///< argv
    std::vector<std::string> environment;  ///< `NAME=value`, without LISTEN_*
    sigset_t signal_mask{};
    struct sigaction broken_pipe {};  ///< what SIGPIPE does
    rlimit open_files{};

    /// Of this process; the environment must already have been read by `take_inheritance`.
    static FirstStart capture(std::vector<std::string> arguments);
    /// Puts signals and limits back; in a forked child, before exec.
    void restore() const;
};

/// Opens /dev/null for each of stdin, stdout and stderr that is missing, so that no socket gets their number.
void ensure_standard_streams();

}  // namespace baton::upgrade
