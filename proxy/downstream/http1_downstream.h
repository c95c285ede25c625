/// One client connection that speaks HTTP/1: reads heads, runs one exchange at a time, and ends politely.
#pragma once

#include "proxy/downstream/downstream_connection.h"
#include "proxy/downstream/downstream_stream.h"
#include "proxy/exchange/exchange.h"
#include "proxy/hand_over/candidate.h"
#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_parser.h"
#include "proxy/proxy_context.h"
#include "server/net/transport_state.h"
#include "upgrade/hand_over/hand_over_receiver.h"

#include <cstdint>
#include <memory>

namespace baton {

class Http1Downstream final : public DownstreamConnection,
                              public TransportHandler,
                              public DownstreamStream,
                              public hand_over::Candidate {
public:
    /// The connection owns itself through the loop; the context's lists refer to it.
    static void begin(ProxyContext& context, AcceptedConnection accepted);
    ~Http1Downstream() override;

    void begin_drain() override;
    void close_now() override;
    upgrade::Movable* freeze_if_movable(upgrade::ParcelKinds kinds) override;

    // upgrade::Movable
    upgrade::ParcelKind kind() const override;
    void pack(upgrade::FieldWriter& fields, std::vector<int>& descriptors) const override;
    void on_taken() noexcept override;
    void on_kept() noexcept override;
    /// Understands a parcel; the connection begins with the arrival's commit.
    static tl::expected<std::unique_ptr<upgrade::Arrival>, upgrade::Refusal> unpack(
        ProxyContext& context, upgrade::ArrivedParcel& parcel);

    // DownstreamStream
    RequestBodyRead read_request_body(ByteQueue& to, std::size_t most) override;
    bool request_body_complete() const override { return body_.complete(); }
    http::HeadWriter& begin_interim(std::uint16_t status) override;
    void end_interim() override;
    http::HeadWriter& begin_response(std::uint16_t status, std::string_view reason,
                                     http::BodyFraming body) override;
    void end_head() override;
    void send_body(ByteQueue& content) override;
    void finish(const http::FieldList& trailers) override;
    void abort() override;
    void close_after_response() override { keep_alive_ = false; }
    bool flush() override;
    std::size_t unsent() const override { return unsent_.size() + transport_->unsent(); }
    TunnelEnd start_tunnel() override;
    void exchange_ended() override;
    const http::Peer& peer() const override { return peer_; }
    std::uint16_t local_port() const override;
    const config::Listener& listener() const override { return listener_; }
    std::size_t listener_index() const override { return listener_index_; }
    const tls::TlsInfo* tls() const override { return transport_->tls(); }
    std::string_view protocol() const override { return minor_version_ == 1 ? "http/1.1" : "http/1.0"; }
    bool accepts_chunked() const override { return minor_version_ == 1; }

private:
    class Arrived;
    //            ┌───────────────────────── next request ─────────────────────────┐
    //            ▼                                                                 │
    //   ──▶ waiting ──bytes──▶ reading_head ──head or refusal──▶ exchanging ──response sent──┤
    //            │                  │                                │             │ close
    //            │ idle, drained    │ deadline, gone                 │ gone        ▼
    //            └──────────────────┴──────────▶ closed ◀────────────┴───────── closing
    //                                                (tunnel: the transport leaves) (FIN sent, reads to the
    //                                                peer's FIN)
    //   Frozen, it stands still in one of the first three; taken by another process it is closed here.
    enum class Phase : std::uint8_t { waiting, reading_head, exchanging, closing, closed };

    Http1Downstream(ProxyContext& context, AcceptedConnection accepted);
    Http1Downstream(ProxyContext& context, const config::Listener& listener, Arrived& arrived);
    void on_transport_ready() noexcept override;
    void advance();
    void enter(Phase phase);
    /// Each returns whether there is more to do at once.
    bool read_head();
    bool send_rest();
    bool start_exchange(const http::ParseResult& parsed);
    void watch_for_hang_up();
    void close_politely();
    void linger();
    void on_deadline();
    IoResult receive();
    bool movable() const;
    void on_staying() override { begin_drain(); }
    /// After the present exchange there is none: this generation ends, and nobody takes the connection over.
    bool is_ending() const { return context_.draining() && (stays() || !context_.handing_over); }
    void pack_exchange(upgrade::FieldWriter& fields, std::vector<int>& descriptors) const;
    /// Where the other process has left it.
    void go_on(Arrived& arrived, std::unique_ptr<Transport> endpoint);
    void leave_idle_list();
    void enter_idle_list();

    ProxyContext& context_;
    std::unique_ptr<Transport> transport_;
    const config::Listener& listener_;
    std::unique_ptr<Exchange> exchange_;  // from the first byte of a request to the end of its response
    ReceiveBuffer received_;
    ByteQueue unsent_;
    http::HeadWriter writer_{unsent_};
    http::RequestParser parser_;
    http::Http1BodyReader body_;
    Timer deadline_;
    http::Peer peer_;
    TimePoint due_when_frozen_{};
    std::uint64_t lingered_ = 0;  // bytes thrown away while closing
    std::uint32_t requests_ = 0;
    std::uint32_t listener_index_;
    Phase phase_ = Phase::waiting;
    http::Framing response_framing_ = http::Framing::none;
    std::uint8_t minor_version_ = 1;
    bool keep_alive_ = true;
    bool client_keep_alive_ = true;
    bool half_closed_ = false;
    bool head_request_ = false;
    bool write_ended_ = false;     // our FIN is out
    bool rest_unsent_ = false;     // while waiting: the client has not taken the last response yet
    bool is_idle_listed_ = false;  // in the context's list of idle connections
    bool abort_by_reset_ = false;  // a body that ends with the connection must not look complete
};

}  // namespace baton
