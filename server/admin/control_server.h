/// The master's end of the admin socket: takes orders from commands on this machine and sends back what
/// became of them.
#pragma once

#include "server/admin/control_message.h"
#include "server/admin/orders.h"
#include "server/event/event_loop.h"
#include "server/result.h"

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace baton::admin {

class ControlPeer;

/// A UNIX stream socket of mode 0600 in the master's loop. Only root and the master's own user are listened
/// to (SO_PEERCRED). At most 32 commands at a time; each has 10 s to say what it wants. See control_message.h
/// for the words.
class ControlServer final : private WatchHandler {
public:
    /// Binds at a name of its own beside `path` and renames it over `path`, so that there is always someone
    /// to connect to while one instance takes over from another. Fails with the system's error; what stood at
    /// `path` then still does.
    static Result<std::unique_ptr<ControlServer>> create(EventLoop& loop, const std::string& path,
                                                         Orders& orders);
    ~ControlServer() override;

    /// Takes no more commands, and removes the path unless it belongs to a successor by now. Commands that
    /// wait for a verdict still get it.
    void close();
    const std::string& path() const { return path_; }
    /// Commands that wait for something, or whose answer is not all sent.
    std::size_t peer_count() const { return peers_->size(); }

private:
    friend class ControlPeer;
    using Peers = std::map<std::uint64_t, std::unique_ptr<ControlPeer>>;

    ControlServer(EventLoop& loop, std::string path, Orders& orders);
    Result<void> bind();
    void on_ready() noexcept override;
    void resume_accepting();
    void begin_conversation(Fd socket);
    void execute(ControlPeer& peer, const Request& request);
    void forget(std::uint64_t id);

    EventLoop& loop_;
    std::string path_;
    Orders& orders_;
    Fd socket_;
    Watch watch_;
    Timer pause_;  // out of descriptors: a level-triggered socket must not spin
    dev_t device_ = 0;
    ino_t inode_ = 0;
    pid_t owner_ = 0;  // a forked worker that destroys its copy of this must leave the path alone
    std::uint64_t next_id_ = 1;
    // Shared only so that a reply which comes when the command or the whole server has gone can see that.
    std::shared_ptr<Peers> peers_;
};

}  // namespace baton::admin
