/// One request and its response: routes it, finds an endpoint, relays both directions, answers itself when it
/// must.
///
/// It is driven from both sides: whenever the client's stream or the endpoint's connection can go on,
/// `advance` makes as many steps as it can. It knows neither sockets nor HTTP/1 framing on the client's side.
#pragma once

#include "proxy/downstream/downstream_stream.h"
#include "proxy/exchange/access_record.h"
#include "proxy/exchange/carried_exchange.h"
#include "proxy/exchange/retry_policy.h"
#include "proxy/http/client_address.h"
#include "proxy/http/request_id.h"
#include "proxy/proxy_context.h"
#include "proxy/route/rewrite.h"
#include "proxy/upstream/http1_upstream.h"
#include "proxy/websocket/handshake.h"
#include "upgrade/hand_over/field_reader.h"
#include "upgrade/hand_over/parcel.h"

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace baton {

class Exchange final : public Disposable, public DownstreamEvents, public upstream::UpstreamEvents {
public:
    explicit Exchange(ProxyContext& context);

    /// Where the stream's parser puts the head. Its views must stay valid until `exchange_ended`.
    http::RequestHead& head() { return head_; }
    /// Keeps the block that `bytes`, which the head's views point into, are in.
    void keep_alive_head(BlockRef block, std::string_view bytes) {
        head_block_ = std::move(block);
        head_bytes_ = bytes;
    }

    /// Begins with a complete head. May call `exchange_ended` before it returns.
    void start(DownstreamStream& stream);
    /// Answers a head that the parser refused.
    void refuse(DownstreamStream& stream, http::Rejection rejection);
    /// Answers a head that did not arrive in time.
    void time_out_head(DownstreamStream& stream);
    /// Forgets everything of the exchange that has ended.
    void recycle();

    // On the way to another process, together with its stream: see upgrade::Movable.
    /// Not while it looks for an endpoint or waits for a protocol switch: that is soon over.
    bool movable() const;
    void freeze();
    void thaw();
    bool is_open() const { return upstream_.is_open(); }
    void leave();
    int endpoint_descriptor() const { return upstream_.descriptor(); }
    /// Its own fields, and those of the endpoint's transport.
    void pack(upgrade::FieldWriter& fields) const;
    /// Why it cannot go on here, if so.
    static std::optional<upgrade::Refusal> check(ProxyContext& context, const upgrade::FieldReader& fields,
                                                 std::size_t listener);
    /// Goes on where the fields, which `check` has seen, leave it. `endpoint` is the transport to the
    /// endpoint.
    void resume(DownstreamStream& stream, const upgrade::FieldReader& fields,
                std::unique_ptr<Transport> endpoint);
    static upgrade::FieldReader endpoint_transport(const upgrade::FieldReader& fields);

    void on_downstream_ready() override { advance(); }
    void on_downstream_gone(Failure failure) override;
    void on_downstream_half_closed() override;
    void on_upstream_ready() override { advance(); }

private:
    //   idle ──start──▶ routing ──▶ connecting ──▶ awaiting_response ──head──▶ relaying
    //    ▲                 │             ▲  │              │      │ 101              │
    //    │                 │             └──┴── retry ─────┘      ▼                  │
    //    │      local reply│                                  (tunnel)               │ response complete, or
    //    cut └─────────────────┴───────────────────────────────────────┴────────────────┘  = end()
    // The request body is sent in awaiting_response and in relaying.
    enum class Phase : std::uint8_t { idle, routing, connecting, awaiting_response, relaying };
    /// After `wait` there is nothing to do before the next event; the exchange may have ended.
    enum class Step : std::uint8_t { go_on, wait };
    /// Whom the exchange waits for, which decides the deadline.
    enum class WaitingFor : std::uint8_t {
        connection,
        request_body,
        endpoint_to_read,
        response_head,
        client_to_read,
        response_body
    };

    void advance();
    void enter(Phase phase);
    void begin(DownstreamStream& stream);
    bool read_head(std::string_view bytes);
    void find_places(std::size_t listener);

    // request_steps.cpp
    Step choose_route();
    Step take_action(const route::RouteMatch& match);
    Step forward(const config::Forward& action);
    Step choose_endpoint();
    Step finish_connecting();
    void write_client_certificate(http::HeadWriter& writer);
    std::optional<std::string_view> path_to_send();
    void write_host(http::HeadWriter& writer);
    void write_request_head();

    // body_relay.cpp
    Step pump_request();
    Step take_request_body(const RequestBodyRead& read);
    void keep_for_replay();
    Step relay();
    bool flush_to_client();
    void finish_response();

    // response_steps.cpp
    Step await_response();
    Step take_interim();
    Step switch_protocols();
    Step begin_relaying();
    void write_response_fields(http::HeadWriter& writer);

    // local_reply.cpp
    Step reply(std::uint16_t status, std::string_view text, End end);
    Step reply_with(std::uint16_t status, std::string_view content_type, std::string_view body, End end);
    Step redirect(const config::Redirect& redirect);
    Step redirect_to_https();
    std::string_view own_hsts(const route::HeaderRules& rules) const;
    Step respond(const config::Respond& respond);
    Step refuse_wrong_version();
    void write_own_fields(http::HeadWriter& writer);

    // exchange.cpp
    Step upstream_failed(RetryCause cause, std::uint16_t status, End end, std::string_view detail);
    bool try_again(RetryCause cause);
    Step cut(End end);
    Step end(End end);
    void let_upstream_go();
    route::TemplateValues template_values() const;

    // deadlines.cpp
    WaitingFor waiting_for() const;
    Duration timeout_of(WaitingFor what) const;
    void arm_deadline();
    void restart_rate_window();
    bool request_body_flows();
    void on_deadline();
    void on_total_deadline();

    ProxyContext& context_;
    DownstreamStream* stream_ = nullptr;
    const tls::TlsInfo* tls_ = nullptr;  // of the stream's connection; null without TLS
    http::RequestHead head_;
    BlockRef head_block_;
    std::string_view head_bytes_;
    http::ResponseHead response_;
    upstream::Http1Upstream upstream_;
    ByteQueue body_;    // on its way through, empty between two turns
    ByteQueue replay_;  // of the request body, for another try

    const config::Host* host_ = nullptr;
    const config::Route* route_ = nullptr;
    RoutePlan* plan_ = nullptr;
    const config::Limits* limits_ = nullptr;      // of the route on this listener
    const config::Timeouts* timeouts_ = nullptr;  // of the target on this listener
    const RoutePlan::Target* target_ = nullptr;
    upstream::Upstream* group_ = nullptr;
    upstream::Endpoint* endpoint_ = nullptr;
    boost::container::static_vector<std::uint32_t, 8> tried_;
    websocket::UpgradeRequest upgrade_;

    http::PartyAddress client_;
    http::IdBuffers id_buffers_;
    std::string_view request_id_;
    http::Trace trace_;
    std::array<std::string_view, 10> groups_{};
    std::string_view host_name_;  // without port, as it came
    std::string_view path_;       // normalised
    std::string_view sent_path_;  // rewritten, if the route does that
    std::string path_scratch_;
    std::string detail_;
    std::string location_;  // of a redirect
    route::RewriteScratch rewrite_scratch_;

    AccessRecord record_;
    TimePoint started_{};
    TimePoint progress_{};  // when something moved last
    Timer deadline_;
    Timer total_;
    TimePoint rate_since_{};  // begin of the window in which the request body must flow
    std::uint64_t rate_bytes_ = 0;
    TimePoint total_due_when_frozen_{};
    std::unique_ptr<CarriedExchange> carried_;  // what came with it from another process; mostly null
    std::uint64_t sent_to_client_ = 0;
    std::size_t left_unsent_ = 0;  // when the client was last given something
    Phase phase_ = Phase::idle;
    std::uint8_t interims_ = 0;
    bool replay_possible_ = true;
    bool retrying_ = false;  // holds a place in the retry budget
    bool event_stream_ = false;
    bool response_begun_ = false;
};

}  // namespace baton
