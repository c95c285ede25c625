/// Shakes hands over a socket and ends as an encrypted transport.
#pragma once

#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"
#include "server/tls/client_context.h"
#include "server/tls/handshake_fault.h"
#include "server/tls/server_context.h"
#include "server/tls/tls_info.h"
#include "server/tls/workspace.h"

#include <memory>
#include <string_view>

namespace baton::tls {

class HandshakeHandler {
public:
    virtual ~HandshakeHandler() = default;
    /// The connection is established: `transport` replaces the socket and has a `tls()`.
    virtual void on_handshake_done(std::unique_ptr<Transport> transport) = 0;
    /// It is over; an alert, if one is due, has been given to the socket, which lingers until it has left.
    virtual void on_handshake_failed(const HandshakeFailure& failure) = 0;
};

/// Owned by whoever waits for the end; destroying it closes the socket at once. Does no work in the
/// constructor: the first bytes move when the socket is ready. The handler may destroy the driver from within
/// its calls only by the loop's `destroy_later`.
class HandshakeDriver : public Disposable {
public:
    /// Null when there is no memory: the socket is closed then.
    static std::unique_ptr<HandshakeDriver> accept(Workspace& workspace, BlockPool& blocks, EventLoop& loop,
                                                   ServerContext& context,
                                                   std::unique_ptr<TcpTransport> socket,
                                                   HandshakeHandler& handler);
    /// `server_name` is sent as SNI and verified; an IP address is verified but not sent. Null when there is
    /// no memory, or no name to verify: the socket is closed then.
    static std::unique_ptr<HandshakeDriver> connect(Workspace& workspace, BlockPool& blocks, EventLoop& loop,
                                                    ClientContext& context, std::string_view server_name,
                                                    std::unique_ptr<TcpTransport> socket,
                                                    HandshakeHandler& handler);
    /// Ends it without a word: its deadline has passed. The handler is not called.
    virtual void close_now() = 0;
    /// The peer's address.
    virtual const Address& peer() const = 0;
};

}  // namespace baton::tls
