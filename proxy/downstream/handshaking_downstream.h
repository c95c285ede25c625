/// One client connection whose TLS handshake is under way. It becomes a connection of the protocol that was
/// agreed on.
#pragma once

#include "proxy/downstream/downstream_connection.h"
#include "proxy/proxy_context.h"
#include "server/net/tcp_transport.h"
#include "server/tls/handshake_driver.h"

#include <memory>
#include <string_view>

namespace baton {

class HandshakingDownstream final : public DownstreamConnection, private tls::HandshakeHandler {
public:
    /// What a socket that has just been accepted on a TLS listener is.
    struct Accepted {
        std::unique_ptr<TcpTransport> socket;
        const config::Listener* listener;
        std::size_t listener_index;  ///< into Config::listeners
    };
    /// The connection owns itself through the loop and stands in the context's list of handshakes. It must be
    /// over within the listener's `timeouts.tls_handshake`; only then does `timeouts.client_header` begin.
    static void begin(ProxyContext& context, Accepted accepted);
    ~HandshakingDownstream() override;

    /// A handshake goes on: its client has asked before the drain began and gets one answer.
    void begin_drain() override {}
    void close_now() override;

private:
    HandshakingDownstream(ProxyContext& context, Accepted accepted);
    void on_handshake_done(std::unique_ptr<Transport> transport) override;
    void on_handshake_failed(const tls::HandshakeFailure& failure) override;
    void on_deadline();
    /// Says once in the log and in the counters why nothing came of it.
    void report(std::string_view fault, std::string_view detail);
    /// Leaves the lists; what is left is destroyed at the end of the turn.
    void end();

    ProxyContext& context_;
    const config::Listener& listener_;
    std::size_t listener_index_;
    Address peer_;
    std::unique_ptr<tls::HandshakeDriver> driver_;
    Timer deadline_;
    bool ended_ = false;
    bool became_http_ = false;  // the next connection object has taken over the place in the counts
};

}  // namespace baton
