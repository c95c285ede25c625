/// `baton run`: the whole life of a master process, from reading the configuration to its exit code.
#pragma once

#include "server/process/service.h"
#include "upgrade/hand_over/parcel.h"

#include <optional>
#include <string>
#include <vector>

namespace baton::upgrade {

struct RunOptions {
    std::string config_file;             ///< absolute
    std::vector<std::string> arguments;  ///< argv as this process was started; a successor gets the same
    std::string executable;              ///< absolute path of this program; what USR2 opens anew
    /// Another place of the admin socket than the configuration's (`--socket`).
    std::optional<std::string> admin_socket;
    /// What the services that the factory builds can hand over and take over; 0 = no live connections.
    ParcelKinds parcel_kinds = 0;
};

/// Runs a master in the foreground until it has been told to stop, or until its successor has taken over and
/// its own workers have ended. Takes over from a predecessor, or from systemd's socket activation, when the
/// environment says so (LISTEN_FDS). Must be called before the process has made a thread or has blocked a
/// signal.
///
/// Returns the exit code: 0, or EX_CONFIG (78) when the configuration has errors, EX_CANTCREAT (73) when the
/// pid file, the admin socket or a log cannot be made, EX_NOPERM (77), EX_UNAVAILABLE (69) when an address is
/// taken, EX_SOFTWARE (70) when a worker of the first generation does not get ready. What went wrong has then
/// been written to stderr.
int run_master(const RunOptions& options, ServiceFactory factory);

}  // namespace baton::upgrade
