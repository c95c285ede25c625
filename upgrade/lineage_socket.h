/// Where a new master finds the workers of one that has died: a listening SEQPACKET socket beside the pid
/// file. Every process of the lineage holds it, but only orphaned workers accept from it
/// (`upgrade/orphan.h`).
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <sys/types.h>

#include <string>

namespace baton::upgrade {

class LineageSocket {
public:
    /// Whoever holds the pid file's lock owns the path.
    static std::string path_beside(const std::string& pid_file) { return pid_file + ".lineage"; }
    /// A connection that some orphan of the lineage will accept, CLOEXEC; empty when nobody holds the socket,
    /// or when it belongs to another user than this process's and root.
    static Fd connect(const std::string& path);

    /// Holds nothing.
    LineageSocket() = default;
    /// The one that was inherited, if there is one and something is at the path; otherwise a new one, which
    /// takes the path. Only the owner of the path may connect to it. Fails with the system's error.
    static Result<LineageSocket> take(Fd inherited, const std::string& path);

    /// For workers and successors; -1 without a socket.
    int descriptor() const { return socket_.get(); }
    /// The pid file has another place. Fails with the system's error.
    Result<void> move_to(const std::string& path);
    /// Nobody of the lineage is left.
    void remove();

private:
    LineageSocket(Fd socket, std::string path) : socket_(std::move(socket)), path_(std::move(path)) {}
    Fd socket_;
    std::string path_;
};

/// The user at the other end of a connected UNIX socket; -1 when that cannot be known.
uid_t user_of_peer(int socket);

}  // namespace baton::upgrade
