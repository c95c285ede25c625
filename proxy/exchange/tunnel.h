/// Two transports joined after a protocol switch. Of a WebSocket it watches the frames go by, so that Baton
/// can speak between them: a Ping to a silent client, a Close when this generation ends.
#pragma once

#include "config/config.h"
#include "proxy/downstream/downstream_stream.h"
#include "proxy/escrow/deposit.h"
#include "proxy/exchange/owned_record.h"
#include "proxy/hand_over/candidate.h"
#include "proxy/upstream/endpoint.h"
#include "proxy/websocket/frame_cursor.h"
#include "server/event/event_loop.h"
#include "server/net/transport_state.h"
#include "upgrade/hand_over/hand_over_receiver.h"

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>

namespace baton {

struct ProxyContext;
struct RoutePlan;

enum class TunnelKind : std::uint8_t { websocket, other };

class Tunnel final
    : public Disposable,
      public TransportHandler,
      public hand_over::Candidate,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    struct Start {
        TunnelEnd client;
        std::unique_ptr<Transport> endpoint_transport;
        ReceiveBuffer endpoint_received;  ///< what the endpoint sent behind its 101
        upstream::Endpoint* endpoint;     ///< the tunnel counts as one of its requests until it ends
        RoutePlan* plan;
        const config::WebSocket* settings;
        TunnelKind kind;
        const AccessRecord& record;
        TimePoint started;
    };
    /// The tunnel owns itself through the loop and stands in the context's list while it lives.
    static void begin(ProxyContext& context, Start start);
    ~Tunnel() override;

    /// Ends it with a Close frame of `code` at the next frame border, both ways (RFC 6455 §7.4); other
    /// tunnels just end.
    void close(std::uint16_t code, End why);
    /// When the drain closes it; it lives on until then.
    void close_at(TimePoint due, std::uint16_t code);
    /// Ends it without a word.
    void close_now(End why);

    /// Stands still, outside the context's list, until `on_taken` or `on_kept`. Null when it cannot go on in
    /// another process, or is of another kind.
    upgrade::Movable* freeze_if_movable(upgrade::ParcelKinds kinds);
    upgrade::ParcelKind kind() const override;
    void pack(upgrade::FieldWriter& fields, std::vector<int>& descriptors) const override;
    void on_taken() noexcept override;
    void on_kept() noexcept override;
    std::optional<TimePoint> quiet_since() const override;
    /// Understands a parcel; the tunnel begins with the arrival's commit.
    static tl::expected<std::unique_ptr<upgrade::Arrival>, upgrade::Refusal> unpack(
        ProxyContext& context, upgrade::ArrivedParcel& parcel);

private:
    class Arrived;
    //   relaying ──Close passed both ways, an end, close()──▶ closing ──both ended, or grace over──▶ finished
    //   Frozen, it stands still in either of the first two; taken by another process it has finished here.
    enum class Phase : std::uint8_t { relaying, closing, finished };

    /// One peer: what it sends goes through its cursor into the other's queue.
    struct Side {
        Side(std::unique_ptr<Transport> from, ReceiveBuffer bytes, ByteQueue queue,
             websocket::FrameCursor watch)
            : transport(std::move(from)),
              received(std::move(bytes)),
              unsent(std::move(queue)),
              cursor(watch) {}
        /// Bytes that this peer has not taken yet.
        std::size_t waiting() const { return unsent.size() + transport->unsent(); }
        std::unique_ptr<Transport> transport;
        ReceiveBuffer received;
        ByteQueue unsent;
        websocket::FrameCursor cursor;
        TimePoint heard{};      // when any byte came from it
        TimePoint ping_sent{};  // zero = no Ping of ours is unanswered
        bool ping_due = false;
        bool ended = false;         // it has sent its FIN
        bool write_ended = false;   // we have sent ours
        bool closed_by_us = false;  // we have sent it a Close: nothing of the other side may follow
    };

    Tunnel(ProxyContext& context, Start start);
    Tunnel(ProxyContext& context, Arrived& arrived);
    void on_transport_ready() noexcept override { advance(); }
    void advance();
    /// Moves what `from` sends to `to`; false when the tunnel has finished.
    bool relay(Side& from, Side& to);
    bool take(Side& from, Side& to);
    bool send(Side& side);
    void send_close(Side& side, const websocket::FrameCursor& stream, websocket::Sender as,
                    std::uint16_t code);
    void say_what_is_due();
    void send_ping(Side& side, const websocket::FrameCursor& stream, websocket::Sender as);
    bool is_pinged(const Side& side) const { return &side == &client_ || settings_->ping_upstream; }
    TimePoint ping_deadline(const Side& side) const;
    bool lost(Side& side);
    void begin_closing();
    void set_long_deadlines();
    void report_progress();
    void set_next_report();
    void finish(End why);
    bool movable() const;
    /// False while it lies in escrow and nothing has come: then it is to be left alone.
    bool leaves_rest();
    void wake() {
        if (deposit_) deposit_->wake();
    }
    void say_end_of(Side& side);
    /// It counts as one of this worker's …
    void enter_worker();
    /// … and no longer; the object goes at the end of the turn.
    void leave_worker();
    void on_tick();
    void arm_tick();
    TimePoint now() const;

    ProxyContext& context_;
    Side client_, endpoint_;
    upstream::Endpoint* endpoint_account_;  // null when it came from a generation with other endpoints
    RoutePlan* plan_;                       // null when it came from one with other routes
    const config::WebSocket* settings_;
    std::unique_ptr<const config::WebSocket> own_settings_;  // those of the generation it began in
    OwnedRecord record_;
    std::unique_ptr<escrow::Deposit> deposit_;  // null without process.escrow
    Timer tick_;
    TimePoint started_;
    TimePoint lifetime_ends_{TimePoint::max()};
    TimePoint next_report_{TimePoint::max()};  // of the access log, when that is periodic
    TimePoint last_data_;                      // any application frame, either way
    TimePoint closing_since_{};
    TimePoint drain_due_{TimePoint::max()};
    std::uint16_t close_code_ = 0;  // to be said as soon as a frame border allows
    std::uint16_t drain_code_ = 0;
    End end_ = End::ok;
    Phase phase_ = Phase::relaying;
    TunnelKind kind_;
};

using TunnelList = boost::intrusive::list<Tunnel, boost::intrusive::constant_time_size<false>>;

}  // namespace baton
