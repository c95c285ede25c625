/// One connection of the demo's backend.
#pragma once

#include "proxy/demo/backend.h"
#include "proxy/demo/content.h"
#include "proxy/demo/websocket_frames.h"
#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_parser.h"
#include "server/net/tcp_transport.h"

#include <memory>
#include <string>

namespace baton::demo {

class BackendConnection final : public Disposable, private TransportHandler {
public:
    BackendConnection(Backend& backend, std::unique_ptr<TcpTransport> transport);

private:
    // reading_head → reading_body → reading_head → …
    //      ├→ streaming (until the peer goes)
    //      ├→ echoing → ending
    //      └→ ending (the rest is sent, then our side ends) → gone
    enum class Phase : std::uint8_t { reading_head, reading_body, streaming, echoing, ending, gone };
    enum class Step : std::uint8_t { go_on, wait };

    void on_transport_ready() noexcept override;
    void on_event_due();
    void advance();
    Step receive();
    Step understand();
    Step read_head();
    Step read_body();
    Step echo();
    Step read_on_end();

    void answer(const http::RequestHead& head);
    void answer_text(std::uint16_t status, std::string_view text);
    void answer_bytes(std::string_view path);
    void accept_websocket(const http::RequestHead& head);
    void begin_events();
    void begin_ending() { phase_ = Phase::ending; }
    std::string friendly_page(std::string_view authority) const;
    void flush();
    void go();

    Backend& backend_;
    std::unique_ptr<TcpTransport> transport_;
    ReceiveBuffer in_;
    ByteQueue out_;
    http::RequestParser parser_;
    http::Http1BodyReader body_;
    Digest digest_;
    Timer next_event_ = Timer::calling<&BackendConnection::on_event_due>(backend_.loop_.timers(), *this);
    std::uint64_t event_ = 0;
    Phase phase_ = Phase::reading_head;
    bool keep_alive_ = true;
    bool answers_digest_ = false;  // the body under way is digested, others are dropped
    bool said_end_ = false;        // our FIN is out
};

}  // namespace baton::demo
