/// Shakes hands over a socket and ends as an encrypted transport.
#pragma once

#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"
#include "server/tls/client_context.h"
#include "server/tls/server_context.h"
#include "server/tls/tls_info.h"
#include "server/tls/workspace.h"

#include <memory>
#include <string>
#include <string_view>

namespace baton::tls {

/// Why a handshake failed, as counters and logs distinguish it.
enum class HandshakeFault : std::uint8_t {
    closed,        ///< the peer went away in the middle
    not_tls,       ///< what it sent is no TLS record
    version,       ///< no common version
    cipher,        ///< no common suite, group or signature
    unknown_name,  ///< no certificate for the name it asked for
    certificate,   ///< the peer's certificate is missing or was not accepted, or it did not accept ours
    protocol,      ///< anything else that the peer did against the protocol
    self_check,    ///< the record layer could not take over: a bug of ours or of OpenSSL
    internal,      ///< OpenSSL failed on our side
};
std::string_view to_string(HandshakeFault fault);

struct HandshakeFailure {
    HandshakeFault fault;
    std::string detail;  ///< OpenSSL's words, for the log; may be empty
};

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
    static std::unique_ptr<HandshakeDriver> accept(Workspace& workspace, BlockPool& blocks, EventLoop& loop,
                                                   ServerContext& context,
                                                   std::unique_ptr<TcpTransport> socket,
                                                   HandshakeHandler& handler);
    /// `server_name` is sent as SNI and verified; an IP address is verified but not sent.
    static std::unique_ptr<HandshakeDriver> connect(Workspace& workspace, BlockPool& blocks, EventLoop& loop,
                                                    ClientContext& context, std::string_view server_name,
                                                    std::unique_ptr<TcpTransport> socket,
                                                    HandshakeHandler& handler);
    /// The peer's address, while the socket is still here.
    virtual const Address& peer() const = 0;
};

}  // namespace baton::tls
