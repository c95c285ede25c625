/// One client connection and the requests on it, one after another.
///
/// It does not look at the socket before it writes: a connection that the proxy closes while it may still
/// send is found out the hard way, as by the many clients that do the same.
#pragma once

#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_parser.h"
#include "server/net/connector.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace baton::demo {

class ConversationHandler {
public:
    virtual ~ConversationHandler() = default;
    /// The head of a final response, or of a 101. Its views are valid during the call. The handler may
    /// `become_tunnel`.
    virtual void on_head(const http::ResponseHead& head) noexcept = 0;
    /// Content of the response, or raw bytes of a tunnel; valid during the call.
    virtual void on_bytes(std::string_view bytes) noexcept = 0;
    /// The response has ended as its framing says; in a tunnel: the peer has ended its side.
    virtual void on_complete() noexcept = 0;
    /// The connection broke, ended too early or carried something that is not HTTP. It is closed already.
    virtual void on_broken(const std::string& what) noexcept = 0;
};

class Conversation final : private TransportHandler {
public:
    Conversation(EventLoop& loop, BlockPool& pool, ConversationHandler& handler);

    /// Starts a connection to `address`; what is asked meanwhile is sent when it stands. Never call it from
    /// inside a callback of this conversation: the former connection is destroyed here.
    void open(const Address& address);
    /// Sends a whole request; `method` decides the framing of the response. Only when `is_open` and not
    /// `busy`.
    void ask(http::Method method, std::string_view request);
    /// From `on_head` only: what follows the head is not HTTP.
    void become_tunnel() { phase_ = Phase::tunnel; }
    /// Sends raw bytes through the tunnel.
    void write(std::string_view bytes);
    /// Closes at once; no callback follows.
    void close();

    bool is_open() const { return phase_ != Phase::closed; }
    bool busy() const { return phase_ == Phase::reading_head || phase_ == Phase::reading_body; }
    /// The last response allows another request.
    bool may_go_on() const { return keep_alive_; }
    /// Requests sent on this connection.
    std::uint32_t asked() const { return asked_; }

private:
    // closed → idle → reading_head → reading_body → idle → …
    //                      └→ tunnel       any → closed
    enum class Phase : std::uint8_t { closed, idle, reading_head, reading_body, tunnel };

    void on_transport_ready() noexcept override;
    void advance();
    bool finish_connecting();
    bool flush();
    std::string answered_already();
    void understand();
    bool read_head();
    bool read_body();
    void pass_tunnel_bytes();
    void peer_ended();
    void break_off(const std::string& what);

    EventLoop& loop_;
    BlockPool& pool_;
    ConversationHandler& handler_;
    std::unique_ptr<TcpTransport> transport_;
    ReceiveBuffer in_;
    ByteQueue out_;
    http::ResponseParser parser_;
    http::Http1BodyReader body_;
    http::Method method_ = http::Method::get;
    Phase phase_ = Phase::closed;
    bool connecting_ = false;
    bool keep_alive_ = true;
    std::uint32_t asked_ = 0;
};

}  // namespace baton::demo
