/// The other end of NOTIFY_SOCKET: where a supervisor hears its masters, and knows which of them speaks.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace baton {

class NotifySocket {
public:
    /// Binds a datagram socket in a new folder that only this user can enter, below the first of $TMPDIR,
    /// /run/baton, /dev/shm and /tmp that takes one. Fails with what the last of them said.
    static Result<NotifySocket> open();
    NotifySocket(NotifySocket&& other) noexcept;
    NotifySocket& operator=(NotifySocket&&) = delete;
    /// Removes socket and folder.
    ~NotifySocket();

    /// For NOTIFY_SOCKET of a child.
    std::string path() const;
    int descriptor() const { return socket_.get(); }

    struct Datagram {
        pid_t sender;  ///< as the kernel says; 0 when it is of another PID namespace
        std::string_view text;
    };
    /// The next one that waits; none when there is none. Descriptors that come with it are closed, and one
    /// that is longer than any notification is passed over. The text lives until the next call.
    std::optional<Datagram> receive();

private:
    static Result<NotifySocket> open_below(std::string_view parent);
    NotifySocket(Fd socket, std::string folder) : socket_(std::move(socket)), folder_(std::move(folder)) {}

    Fd socket_;
    std::string folder_;
    std::array<char, 4096> buffer_{};
};

}  // namespace baton
