/// A tunnel on its way to another process.
#include "proxy/exchange/record_fields.h"
#include "proxy/exchange/tunnel.h"
#include "proxy/hand_over/buffer_fields.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/hand_over/places.h"
#include "proxy/proxy_context.h"
#include "proxy/proxy_tls.h"
#include "upgrade/hand_over/transport_fields.h"

#include <utility>

namespace baton {
namespace {

using shared::Counter;
using upgrade::FieldReader;
using upgrade::FieldWriter;
using upgrade::Refusal;
using upgrade::StrictReader;
using upgrade::Tag;

/// docs/control_protocol.md lists them.
enum : Tag {
    tunnel_kind = 1,
    phase,
    started,
    lifetime_ends,
    last_data,
    closing_since,
    close_code,
    end_reason,
    record,
    client_side,
    endpoint_side,
    idle_timeout,
    ping_interval,
    pong_timeout,
    ping_upstream,
    max_frame_size,
    max_lifetime,
};
/// Of one side.
enum : Tag {
    transport = 1,
    received,
    unsent,
    cursor,
    heard,
    ping_sent,
    ping_due,
    ended,
    write_ended,
    closed_by_us,
};

}  // namespace

bool Tunnel::movable() const {
    return !stays() && phase_ != Phase::finished && client_.transport->movable() &&
           endpoint_.transport->movable();
}

/// What the kernel holds back in either direction is the same for whoever goes on.
std::optional<TimePoint> Tunnel::quiet_since() const {
    const auto at_rest = [](const Side& side) {
        return side.received.empty() && side.waiting() == 0 && !side.ping_due && !side.ended &&
               !side.write_ended && !side.transport->readable();
    };
    // Out of the list it is frozen.
    if (phase_ != Phase::relaying || !is_linked() || !movable() || !at_rest(client_) || !at_rest(endpoint_))
        return std::nullopt;
    return std::max(client_.heard, endpoint_.heard);
}

upgrade::Movable* Tunnel::freeze_if_movable(upgrade::ParcelKinds kinds) {
    if (!movable() || (kinds & upgrade::mask_of(kind())) == 0) return nullptr;
    wake();
    unlink();
    tick_.disarm();
    client_.transport->freeze();
    endpoint_.transport->freeze();
    return this;
}

void Tunnel::on_kept() noexcept {
    context_.tunnels.push_back(*this);
    client_.transport->thaw();
    endpoint_.transport->thaw();
    if (!client_.transport->is_open() || !endpoint_.transport->is_open()) return finish(baton::End::internal);
    arm_tick();
}

void Tunnel::on_taken() noexcept {
    client_.transport->leave();
    endpoint_.transport->leave();
    context_.slot.add(Counter::connections_moved_out);
    leave_worker();
}

upgrade::ParcelKind Tunnel::kind() const {
    return hand_over::tunnel;
}

void Tunnel::pack(FieldWriter& fields, std::vector<int>& descriptors) const {
    fields.choice(tunnel_kind, kind_);
    fields.choice(phase, phase_);
    fields.time(started, started_);
    fields.time(lifetime_ends, lifetime_ends_);
    fields.time(last_data, last_data_);
    fields.time(closing_since, closing_since_);
    fields.number(close_code, close_code_);
    fields.choice(end_reason, end_);
    fields.group(record, [&] { write_record(fields, *record_); });
    for (const auto& [tag, side] : {std::pair{client_side, &client_}, std::pair{endpoint_side, &endpoint_}}) {
        fields.group(tag, [&, one = side] {
            fields.group(transport, [&] { upgrade::write_transport(fields, one->transport->state()); });
            hand_over::write_bytes(fields, received, one->received);
            hand_over::write_bytes(fields, unsent, one->unsent);
            fields.group(cursor, [&] { one->cursor.pack(fields); });
            fields.time(heard, one->heard);
            fields.time(ping_sent, one->ping_sent);
            fields.flag(ping_due, one->ping_due);
            fields.flag(ended, one->ended);
            fields.flag(write_ended, one->write_ended);
            fields.flag(closed_by_us, one->closed_by_us);
        });
        descriptors.push_back(side->transport->descriptor());
    }
    fields.duration(idle_timeout, settings_->idle_timeout);
    fields.duration(ping_interval, settings_->ping_interval);
    fields.duration(pong_timeout, settings_->pong_timeout);
    fields.flag(ping_upstream, settings_->ping_upstream);
    fields.number(max_frame_size, settings_->max_frame_size);
    fields.duration(max_lifetime, settings_->max_lifetime);
}

/// What a parcel says, understood but without effect.
class Tunnel::Arrived final : public upgrade::Arrival {
public:
    struct End {
        TransportState transport;
        Fd socket;
        std::string_view received, unsent;
        websocket::FrameCursor cursor;
        TimePoint heard, ping_sent;
        bool ping_due, ended, write_ended, closed_by_us;
    };

    explicit Arrived(ProxyContext& context) : context_(context) {}
    /// Why it cannot be taken, if so.
    std::optional<Refusal> read(upgrade::ArrivedParcel& parcel);
    void commit() noexcept override;

    ProxyContext& context_;
    End client{}, endpoint{};
    std::unique_ptr<Transport> client_transport, endpoint_transport;
    AccessRecord record;
    config::WebSocket settings;
    TunnelKind kind{};
    Phase phase{};
    baton::End why{};
    std::uint16_t close_code = 0;
    TimePoint started, lifetime_ends, last_data, closing_since;

private:
    std::optional<Refusal> read_end(const FieldReader& fields, End& end);
};

std::optional<Refusal> Tunnel::Arrived::read_end(const FieldReader& fields, End& side) {
    StrictReader reader{fields};
    auto state =
        upgrade::read_transport(reader.group(transport), context_.tls ? &context_.tls->workspace() : nullptr);
    if (!state) return state.error();
    side.transport = std::move(*state);
    side.received = reader.text(received, hand_over::most_buffered);
    side.unsent = reader.text(unsent, hand_over::most_buffered);
    const FieldReader place = reader.group(cursor);
    StrictReader cursor_fields{place};
    side.cursor = websocket::FrameCursor::unpack(cursor_fields);
    side.heard = reader.time(heard);
    side.ping_sent = reader.time(ping_sent);
    side.ping_due = reader.flag(ping_due);
    side.ended = reader.flag(ended);
    side.write_ended = reader.flag(write_ended);
    side.closed_by_us = reader.flag(closed_by_us);
    if (!reader.good() || !cursor_fields.good()) return Refusal::malformed;
    return std::nullopt;
}

std::optional<Refusal> Tunnel::Arrived::read(upgrade::ArrivedParcel& parcel) {
    StrictReader reader{parcel.fields};
    kind = reader.choice(tunnel_kind, TunnelKind::other);
    phase = reader.choice(baton::phase, Phase::closing);
    started = reader.time(baton::started);
    lifetime_ends = reader.time_or_never(baton::lifetime_ends);
    last_data = reader.time(baton::last_data);
    closing_since = reader.time(baton::closing_since);
    close_code = reader.number<std::uint16_t>(baton::close_code);
    why = reader.choice(end_reason, baton::End::internal);
    const FieldReader of_record = reader.group(baton::record);
    StrictReader record_fields{of_record};
    record = read_record(record_fields);
    settings.idle_timeout = reader.milliseconds(idle_timeout);
    settings.ping_interval = reader.milliseconds(ping_interval);
    settings.pong_timeout = reader.milliseconds(pong_timeout);
    settings.ping_upstream = reader.flag(ping_upstream);
    settings.max_frame_size = reader.number<std::uint64_t>(max_frame_size);
    settings.max_lifetime = reader.milliseconds(max_lifetime);
    const FieldReader of_client = reader.group(client_side);
    const FieldReader of_endpoint = reader.group(endpoint_side);
    if (!reader.good() || !record_fields.good() || parcel.descriptors.size() != 2) return Refusal::malformed;
    if (const auto refusal = read_end(of_client, client)) return *refusal;
    if (const auto refusal = read_end(of_endpoint, endpoint)) return *refusal;
    client.socket = std::move(parcel.descriptors[0]);
    endpoint.socket = std::move(parcel.descriptors[1]);
    return std::nullopt;
}

tl::expected<std::unique_ptr<upgrade::Arrival>, Refusal> Tunnel::unpack(ProxyContext& context,
                                                                        upgrade::ArrivedParcel& parcel) {
    auto arrived = std::make_unique<Arrived>(context);
    if (const auto refusal = arrived->read(parcel)) return tl::unexpected(*refusal);
    return arrived;
}

void Tunnel::Arrived::commit() noexcept {
    tls::Workspace* const workspace = context_.tls ? &context_.tls->workspace() : nullptr;
    auto one = restore_transport(context_.loop, context_.blocks, workspace, std::move(client.socket),
                                 std::move(client.transport));
    auto other = restore_transport(context_.loop, context_.blocks, workspace, std::move(endpoint.socket),
                                   std::move(endpoint.transport));
    if (!one || !other) return context_.slot.add(Counter::connections_rejected);
    client_transport = std::move(*one);
    endpoint_transport = std::move(*other);
    auto* const tunnel = new Tunnel(context_, *this);
    context_.tunnels.push_back(*tunnel);
    tunnel->advance();
}

Tunnel::Tunnel(ProxyContext& context, Arrived& arrived)
    : context_(context),
      client_(std::move(arrived.client_transport),
              hand_over::to_buffer(arrived.client.received, context.blocks),
              hand_over::to_queue(arrived.client.unsent, context.blocks), arrived.client.cursor),
      endpoint_(std::move(arrived.endpoint_transport),
                hand_over::to_buffer(arrived.endpoint.received, context.blocks),
                hand_over::to_queue(arrived.endpoint.unsent, context.blocks), arrived.endpoint.cursor),
      record_(arrived.record),
      tick_(Timer::calling<&Tunnel::on_tick>(context.loop.timers(), *this)),
      started_(arrived.started),
      lifetime_ends_(arrived.lifetime_ends),
      last_data_(arrived.last_data),
      closing_since_(arrived.closing_since),
      close_code_(arrived.close_code),
      end_(arrived.why),
      phase_(arrived.phase),
      kind_(arrived.kind) {
    const hand_over::Places& places = context.places();
    const auto route = places.route(record_->route_identity);
    plan_ = route ? route->plan : nullptr;
    endpoint_account_ = hand_over::Places::endpoint(places.upstream(record_->upstream), record_->endpoint);
    if (endpoint_account_) endpoint_account_->request_started();
    // Settings are pinned where the connection began; most of the time they are the same here.
    if (route) arrived.settings.max_connections = route->route->websocket.max_connections;
    if (route && route->route->websocket == arrived.settings) {
        settings_ = &route->route->websocket;
    } else {
        own_settings_ = std::make_unique<const config::WebSocket>(arrived.settings);
        settings_ = own_settings_.get();
    }
    for (const auto& [side, from] :
         {std::pair{&client_, &arrived.client}, std::pair{&endpoint_, &arrived.endpoint}}) {
        side->transport->set_handler(*this);
        side->heard = from->heard;
        side->ping_sent = from->ping_sent;
        side->ping_due = from->ping_due;
        side->ended = from->ended;
        side->write_ended = from->write_ended;
        side->closed_by_us = from->closed_by_us;
    }
    context_.clients.enter(client_.transport->peer(), 0);
    context_.slot.add(Counter::connections_moved_in);
    enter_worker();
    set_next_report();
    if (context_.draining()) close_at(context_.drain->deadline, context_.config->drain.websocket_close_code);
}

}  // namespace baton
