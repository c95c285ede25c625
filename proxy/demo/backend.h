/// The server behind the proxy in the demo: answers that a client can check, a WebSocket echo, numbered event
/// streams and a page for the reader's own curl.
///
///     GET  /                     who carried this answer, and what to try next
///     GET  /bytes/SIZE/TOKEN     SIZE bytes that repeat TOKEN (at most 16 MiB)
///     POST /digest               length and digest of the body
///     GET  /events               an event stream, ten events a second, numbered from 1
///     GET  /echo                 a WebSocket that says back what it hears
#pragma once

#include "proxy/demo/story.h"
#include "server/buffer/block_pool.h"
#include "server/net/listener.h"

#include <memory>
#include <unordered_map>

namespace baton::demo {

class BackendConnection;

/// Binds a listener on a free loopback port. Fails with what the system said.
Result<ListeningSocket> bind_backend();

class Backend final : private AcceptHandler {
public:
    /// `listener` and `story` outlive the backend.
    Backend(EventLoop& loop, const ListeningSocket& listener, const Story& story);
    ~Backend() override;
    /// Begins to accept. Fails with what the loop said.
    Result<void> start();
    std::size_t connections() const { return connections_.size(); }

private:
    friend class BackendConnection;
    void on_accepted(Fd socket, const Address& peer, const ListeningSocket& from) noexcept override;
    void on_out_of_descriptors() noexcept override {}
    /// Destroys the connection at the end of the turn.
    void forget(BackendConnection& connection);

    EventLoop& loop_;
    BlockPool pool_;
    const Story& story_;
    Acceptor acceptor_;
    std::unordered_map<BackendConnection*, std::unique_ptr<BackendConnection>> connections_;
};

}  // namespace baton::demo
