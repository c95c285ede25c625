/// A client's connection on its way to another process.
#include "proxy/downstream/http1_downstream.h"
#include "proxy/hand_over/buffer_fields.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/hand_over/places.h"
#include "proxy/proxy_tls.h"
#include "upgrade/hand_over/strict_reader.h"
#include "upgrade/hand_over/transport_fields.h"

#include <utility>

namespace baton {
namespace {

using upgrade::FieldReader;
using upgrade::FieldWriter;
using upgrade::Refusal;
using upgrade::StrictReader;
using upgrade::Tag;

/// docs/control_protocol.md lists them.
enum : Tag {
    transport = 1,
    listener_name,
    received,
    unsent_bytes,
    requests,
    head_begun,
    deadline,
    half_closed,
    // With an exchange under way:
    body,
    response_framing,
    minor_version,
    keep_alive,
    client_keep_alive,
    head_request,
    abort_by_reset,
    exchange_part,
};

}  // namespace

bool Http1Downstream::movable() const {
    if (stays() || !transport_ || !transport_->movable()) return false;
    if (phase_ == Phase::exchanging) return exchange_ && exchange_->movable();
    return phase_ == Phase::waiting || phase_ == Phase::reading_head;
}

upgrade::Movable* Http1Downstream::freeze_if_movable(upgrade::ParcelKinds kinds) {
    if (!movable() || (kinds & upgrade::mask_of(kind())) == 0) return nullptr;
    if (is_idle_listed_) leave_idle_list();
    unlink();
    due_when_frozen_ = deadline_.armed() ? deadline_.due() : TimePoint::max();
    deadline_.disarm();
    transport_->freeze();
    if (phase_ == Phase::exchanging) exchange_->freeze();
    return this;
}

void Http1Downstream::on_kept() noexcept {
    if (phase_ == Phase::waiting)
        enter_idle_list();
    else
        context_.connections.push_back(*this);
    if (due_when_frozen_ != TimePoint::max()) deadline_.arm_at(due_when_frozen_);
    transport_->thaw();
    if (phase_ == Phase::exchanging) {
        exchange_->thaw();
        if (!transport_->is_open() || !exchange_->is_open())
            exchange_->on_downstream_gone(Failure{Reason::system, Side::internal});
        return;
    }
    if (!transport_->is_open()) return enter(Phase::closed);
    begin_drain();
}

void Http1Downstream::on_taken() noexcept {
    transport_->leave();
    if (phase_ == Phase::exchanging) exchange_->leave();
    context_.slot.add(shared::Counter::connections_moved_out);
    enter(Phase::closed);
}

upgrade::ParcelKind Http1Downstream::kind() const {
    return phase_ == Phase::exchanging ? hand_over::exchange : hand_over::connection;
}

void Http1Downstream::pack(FieldWriter& fields, std::vector<int>& descriptors) const {
    fields.group(transport, [&] { upgrade::write_transport(fields, transport_->state()); });
    fields.text(listener_name, listener_.name);
    hand_over::write_bytes(fields, received, received_);
    hand_over::write_bytes(fields, unsent_bytes, unsent_);
    fields.number(requests, requests_);
    fields.flag(head_begun, phase_ == Phase::reading_head);
    fields.time(deadline, due_when_frozen_);
    fields.flag(half_closed, half_closed_);
    descriptors.push_back(transport_->descriptor());
    if (phase_ == Phase::exchanging) pack_exchange(fields, descriptors);
}

void Http1Downstream::pack_exchange(FieldWriter& fields, std::vector<int>& descriptors) const {
    fields.group(body, [&] { body_.pack(fields); });
    fields.choice(response_framing, response_framing_);
    fields.number(minor_version, minor_version_);
    fields.flag(keep_alive, keep_alive_);
    fields.flag(client_keep_alive, client_keep_alive_);
    fields.flag(head_request, head_request_);
    fields.flag(abort_by_reset, abort_by_reset_);
    fields.group(exchange_part, [&] { exchange_->pack(fields); });
    descriptors.push_back(exchange_->endpoint_descriptor());
}

/// What a parcel says, understood but without effect.
class Http1Downstream::Arrived final : public upgrade::Arrival {
public:
    explicit Arrived(ProxyContext& context) : context_(context) {}
    /// Why it cannot be taken, if so.
    std::optional<Refusal> read(upgrade::ArrivedParcel& parcel);
    void commit() noexcept override;

    ProxyContext& context_;
    TransportState state;
    Fd socket;
    std::unique_ptr<Transport> restored;
    std::size_t listener = 0;
    std::string_view received, unsent;
    std::uint32_t requests = 0;
    bool head_begun = false, half_closed = false;
    TimePoint deadline;
    // With an exchange under way:
    bool exchanging = false;
    http::Http1BodyReader body;
    http::Framing response_framing{};
    std::uint8_t minor_version = 1;
    bool keep_alive = true, client_keep_alive = true, head_request = false, abort_by_reset = false;
    FieldReader exchange_fields;
    TransportState endpoint_state;
    Fd endpoint_socket;

private:
    std::optional<Refusal> read_exchange(upgrade::ArrivedParcel& parcel);
};

std::optional<Refusal> Http1Downstream::Arrived::read_exchange(upgrade::ArrivedParcel& parcel) {
    StrictReader reader{parcel.fields};
    const FieldReader of_body = reader.group(baton::body);
    StrictReader body_fields{of_body};
    body = http::Http1BodyReader::unpack(body_fields);
    response_framing = reader.choice(baton::response_framing, http::Framing::until_close);
    minor_version = reader.number<std::uint8_t>(baton::minor_version, 1);
    keep_alive = reader.flag(baton::keep_alive);
    client_keep_alive = reader.flag(baton::client_keep_alive);
    head_request = reader.flag(baton::head_request);
    abort_by_reset = reader.flag(baton::abort_by_reset);
    exchange_fields = reader.group(exchange_part);
    if (!reader.good() || !body_fields.good()) return Refusal::malformed;
    if (const auto refusal = Exchange::check(context_, exchange_fields, listener)) return refusal;
    auto endpoint = upgrade::read_transport(Exchange::endpoint_transport(exchange_fields),
                                            context_.tls ? &context_.tls->workspace() : nullptr);
    if (!endpoint) return endpoint.error();
    endpoint_state = std::move(*endpoint);
    endpoint_socket = std::move(parcel.descriptors[1]);
    return std::nullopt;
}

std::optional<Refusal> Http1Downstream::Arrived::read(upgrade::ArrivedParcel& parcel) {
    StrictReader reader{parcel.fields};
    const FieldReader of_transport = reader.group(transport);
    const std::string_view name = reader.text(listener_name, 256);
    received = reader.text(baton::received, hand_over::most_buffered);
    unsent = reader.text(unsent_bytes, hand_over::most_buffered);
    requests = reader.number<std::uint32_t>(baton::requests);
    head_begun = reader.flag(baton::head_begun);
    deadline = reader.time_or_never(baton::deadline);
    half_closed = reader.flag(baton::half_closed);
    exchanging = parcel.kind == hand_over::exchange;
    if (!reader.good() || parcel.descriptors.size() != (exchanging ? 2 : 1)) return Refusal::malformed;
    // Its next request has to be understood by the rules of a listener.
    const auto place = context_.places().listener(name);
    if (!place) return Refusal::no_place;
    listener = *place;
    auto transport_state =
        upgrade::read_transport(of_transport, context_.tls ? &context_.tls->workspace() : nullptr);
    if (!transport_state) return transport_state.error();
    if (transport_state->tls.has_value() != context_.config->listeners[listener].tls)
        return Refusal::no_place;
    state = std::move(*transport_state);
    socket = std::move(parcel.descriptors[0]);
    if (exchanging) return read_exchange(parcel);
    return std::nullopt;
}

tl::expected<std::unique_ptr<upgrade::Arrival>, Refusal> Http1Downstream::unpack(
    ProxyContext& context, upgrade::ArrivedParcel& parcel) {
    auto arrived = std::make_unique<Arrived>(context);
    if (const auto refusal = arrived->read(parcel)) return tl::unexpected(*refusal);
    return arrived;
}

void Http1Downstream::Arrived::commit() noexcept {
    tls::Workspace* const workspace = context_.tls ? &context_.tls->workspace() : nullptr;
    auto transport =
        restore_transport(context_.loop, context_.blocks, workspace, std::move(socket), std::move(state));
    if (!transport) return context_.slot.add(shared::Counter::connections_rejected);
    std::unique_ptr<Transport> endpoint;
    if (exchanging) {
        auto other = restore_transport(context_.loop, context_.blocks, workspace, std::move(endpoint_socket),
                                       std::move(endpoint_state));
        if (!other) return context_.slot.add(shared::Counter::connections_rejected);
        endpoint = std::move(*other);
    }
    restored = std::move(*transport);
    auto* const connection = new Http1Downstream(context_, context_.config->listeners[listener], *this);
    context_.connections.push_back(*connection);
    connection->go_on(*this, std::move(endpoint));
}

void Http1Downstream::go_on(Arrived& arrived, std::unique_ptr<Transport> endpoint) {
    if (arrived.exchanging) {
        body_ = std::move(arrived.body);
        response_framing_ = arrived.response_framing;
        minor_version_ = arrived.minor_version;
        keep_alive_ = arrived.keep_alive;
        client_keep_alive_ = arrived.client_keep_alive;
        head_request_ = arrived.head_request;
        abort_by_reset_ = arrived.abort_by_reset;
        phase_ = Phase::exchanging;
        exchange_ = context_.exchanges.take(context_);
        exchange_->resume(*this, arrived.exchange_fields, std::move(endpoint));
    } else {
        enter(arrived.head_begun ? Phase::reading_head : Phase::waiting);
        if (arrived.deadline != TimePoint::max()) deadline_.arm_at(arrived.deadline);
        begin_drain();
    }
    transport_->call_again();
}

Http1Downstream::Http1Downstream(ProxyContext& context, const config::Listener& listener, Arrived& arrived)
    : context_(context),
      transport_(std::move(arrived.restored)),
      listener_(listener),
      received_(hand_over::to_buffer(arrived.received, context.blocks)),
      unsent_(hand_over::to_queue(arrived.unsent, context.blocks)),
      deadline_(Timer::calling<&Http1Downstream::on_deadline>(context.loop.timers(), *this)),
      peer_(transport_->peer(), listener_.trusted_proxies),
      requests_(arrived.requests),
      listener_index_(static_cast<std::uint32_t>(arrived.listener)),
      half_closed_(arrived.half_closed) {
    transport_->set_handler(*this);
    context_.clients.enter(transport_->peer(), 0);
    context_.slot.add(shared::Counter::connections_moved_in);
    context_.enter_connection();
}

}  // namespace baton
