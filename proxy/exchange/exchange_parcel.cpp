/// An exchange on its way to another process.
#include "proxy/exchange/exchange.h"
#include "proxy/exchange/record_fields.h"
#include "proxy/hand_over/buffer_fields.h"
#include "proxy/hand_over/places.h"
#include "proxy/http/http1_parser.h"
#include "server/assert.h"
#include "upgrade/hand_over/transport_fields.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace baton {
namespace {

using shared::Gauge;
using upgrade::FieldReader;
using upgrade::FieldWriter;
using upgrade::Refusal;
using upgrade::StrictReader;
using upgrade::Tag;

/// docs/control_protocol.md lists them.
enum : Tag {
    response_awaited = 1,
    head_text,
    record,
    host_name,
    path,
    sent_path,
    path_groups,
    started,
    progress,
    total_due,
    rate_since,
    rate_bytes,
    sent_to_client,
    interims,
    replay_possible,
    replay,
    event_stream,
    response_begun,
    trace_made,
    traceparent,
    body_size,
    client_body_timeout,
    client_write_timeout,
    response_header_timeout,
    stream_idle_timeout,
    upstream_part,
    transport,
    tried,
};

constexpr std::size_t longest_text = std::size_t{64} * 1024;
constexpr std::size_t longest_head = std::size_t{1024} * 1024;
constexpr http::HeadLimits no_limits{longest_head, longest_head, 10'000};

}  // namespace

bool Exchange::movable() const {
    if (phase_ != Phase::awaiting_response && phase_ != Phase::relaying) return false;
    const bool switches = upgrade_.verdict == websocket::UpgradeVerdict::websocket ||
                          upgrade_.verdict == websocket::UpgradeVerdict::other;
    return !switches && !head_bytes_.empty() && upstream_.movable();
}

void Exchange::freeze() {
    total_due_when_frozen_ = total_.armed() ? total_.due() : TimePoint::max();
    total_.disarm();
    deadline_.disarm();
    upstream_.freeze();
}

void Exchange::thaw() {
    if (total_due_when_frozen_ != TimePoint::max()) total_.arm_at(total_due_when_frozen_);
    upstream_.thaw();
    if (upstream_.is_open()) arm_deadline();
}

void Exchange::leave() {
    phase_ = Phase::idle;
    upstream_.leave();
    let_upstream_go();
    context_.slot.add(Gauge::requests_in_flight, -1);
    if (event_stream_) context_.slot.add(Gauge::event_streams, -1);
}

void Exchange::pack(FieldWriter& fields) const {
    fields.flag(response_awaited, phase_ == Phase::awaiting_response);
    fields.text(head_text, head_bytes_);
    fields.group(record, [&] { write_record(fields, record_); });
    fields.text(host_name, host_name_);
    fields.text(path, path_);
    fields.text(sent_path, sent_path_);
    fields.group(path_groups, [&] {
        for (std::size_t i = 0; i < groups_.size(); ++i)
            if (!groups_[i].empty()) fields.text(static_cast<Tag>(i + 1), groups_[i]);
    });
    fields.time(started, started_);
    fields.time(progress, progress_);
    fields.time(total_due, total_due_when_frozen_);
    fields.time(rate_since, rate_since_);
    fields.number(rate_bytes, rate_bytes_);
    fields.number(sent_to_client, sent_to_client_);
    fields.number(interims, interims_);
    fields.flag(replay_possible, replay_possible_);
    hand_over::write_bytes(fields, replay, replay_);
    fields.flag(event_stream, event_stream_);
    fields.flag(response_begun, response_begun_);
    fields.flag(trace_made, trace_.made);
    fields.text(traceparent, trace_.traceparent);
    fields.number(body_size, limits_->body_size);
    fields.duration(client_body_timeout, timeouts_->client_body);
    fields.duration(client_write_timeout, timeouts_->client_write);
    fields.duration(response_header_timeout, timeout_of(WaitingFor::response_head));
    fields.duration(stream_idle_timeout, timeouts_->stream_idle);
    fields.group(upstream_part, [&] { upstream_.pack(fields); });
    fields.group(transport,
                 [&] { upgrade::write_transport(fields, upstream_.connection().transport().state()); });
    if (tried_.empty() || group_ == nullptr) return;
    fields.group(tried, [&] {
        for (std::size_t i = 0; i < tried_.size(); ++i)
            fields.text(static_cast<Tag>(i + 1), group_->endpoints().all()[tried_[i]].label());
    });
}

FieldReader Exchange::endpoint_transport(const FieldReader& fields) {
    return fields.group(transport).value_or(FieldReader{});
}

std::optional<Refusal> Exchange::check(ProxyContext& context, const FieldReader& fields,
                                       std::size_t listener) {
    // Read once for its own sake; an exchange that is not used for anything costs little.
    Exchange trial{context};
    StrictReader reader{fields};
    const FieldReader of_record = reader.group(record);
    StrictReader record_fields{of_record};
    const AccessRecord read = read_record(record_fields);
    const FieldReader of_upstream = reader.group(upstream_part);
    StrictReader upstream_fields{of_upstream};
    upstream::Http1Upstream::unpack_connection(upstream_fields);
    trial.upstream_.unpack(upstream_fields);
    const bool awaited = reader.flag(response_awaited);
    const std::string_view bytes = reader.text(head_text, longest_head);
    for (const Tag tag : {host_name, path, sent_path, traceparent}) reader.text(tag, longest_text);
    reader.text(replay, hand_over::most_buffered);
    reader.group(path_groups);
    for (const Tag tag : {started, progress, rate_since}) reader.time(tag);
    reader.time_or_never(total_due);
    for (const Tag tag : {rate_bytes, sent_to_client, body_size}) reader.number<std::uint64_t>(tag);
    reader.number<std::uint8_t>(interims);
    for (const Tag tag : {replay_possible, event_stream, response_begun, trace_made}) reader.flag(tag);
    for (const Tag tag :
         {client_body_timeout, client_write_timeout, response_header_timeout, stream_idle_timeout})
        reader.duration(tag);
    if (!reader.good() || !record_fields.good() || !upstream_fields.good() || !trial.read_head(bytes))
        return Refusal::malformed;
    // Before its response has begun it still needs its route: header rules, another try.
    if (!awaited) return std::nullopt;
    trial.record_ = read;
    trial.find_places(listener);
    return trial.target_ ? std::nullopt : std::optional{Refusal::no_place};
}

bool Exchange::read_head(std::string_view bytes) {
    if (bytes.empty()) return false;
    head_block_ = context_.blocks.take_large(bytes.size());
    std::memcpy(head_block_->bytes(), bytes.data(), bytes.size());
    head_bytes_ = {head_block_->bytes(), bytes.size()};
    http::RequestParser parser;
    return parser.parse(head_bytes_, head_, no_limits).status == http::ParseStatus::complete;
}

/// By what the record says of them. A route that no longer leads to this upstream is not the same.
void Exchange::find_places(std::size_t listener) {
    const hand_over::Places& places = context_.places();
    group_ = places.upstream(record_.upstream);
    endpoint_ = hand_over::Places::endpoint(group_, record_.endpoint);
    const auto place = places.route(record_.route_identity);
    if (!place || !endpoint_) return;
    const auto found = std::ranges::find(place->plan->targets, group_, &RoutePlan::Target::group);
    if (found == place->plan->targets.end()) return;
    host_ = place->host;
    route_ = place->route;
    plan_ = place->plan;
    target_ = &*found;
    timeouts_ = &target_->timeouts_on(listener);
    limits_ = &route_->limits_on(listener);
}

void Exchange::resume(DownstreamStream& stream, const FieldReader& fields,
                      std::unique_ptr<Transport> endpoint) {
    ASSERT(phase_ == Phase::idle);
    StrictReader reader{fields};
    stream_ = &stream;
    tls_ = stream.tls();
    read_head(reader.text(head_text, longest_head));
    const FieldReader of_record = reader.group(record);
    StrictReader record_fields{of_record};
    carried_ = std::make_unique<CarriedExchange>(read_record(record_fields));
    record_ = *carried_->record;
    find_places(stream.listener_index());

    // What was decided is not decided again.
    if (timeouts_) carried_->timeouts = *timeouts_;
    if (limits_) carried_->limits = *limits_;
    carried_->limits.body_size = reader.number<std::uint64_t>(body_size);
    carried_->timeouts.client_body = reader.milliseconds(client_body_timeout);
    carried_->timeouts.client_write = reader.milliseconds(client_write_timeout);
    carried_->timeouts.response_header = reader.milliseconds(response_header_timeout);
    carried_->timeouts.stream_idle = reader.milliseconds(stream_idle_timeout);
    timeouts_ = &carried_->timeouts;
    limits_ = &carried_->limits;

    request_id_ = record_.id;
    carried_->traceparent = reader.text(traceparent, longest_text);
    trace_ = {
        .traceparent = carried_->traceparent, .trace_id = record_.trace_id, .made = reader.flag(trace_made)};
    const auto named = http::PartyAddress::parse(record_.client_ip);
    client_ = named ? *named : stream.peer().address;
    host_name_ = carried_->host_name = reader.text(host_name, longest_text);
    path_ = carried_->path = reader.text(path, longest_text);
    sent_path_ = carried_->sent_path = reader.text(sent_path, longest_text);
    const FieldReader of_groups = reader.group(path_groups);
    for (std::size_t i = 0; i < groups_.size(); ++i)
        groups_[i] = carried_->groups[i] =
            of_groups.text(static_cast<Tag>(i + 1)).value_or(std::string_view{});

    started_ = reader.time(started);
    progress_ = reader.time(progress);
    rate_since_ = reader.time(rate_since);
    rate_bytes_ = reader.number<std::uint64_t>(rate_bytes);
    sent_to_client_ = reader.number<std::uint64_t>(sent_to_client);
    interims_ = reader.number<std::uint8_t>(interims);
    replay_possible_ = target_ != nullptr && reader.flag(replay_possible);
    if (replay_possible_) replay_.append(reader.text(replay, hand_over::most_buffered));
    event_stream_ = reader.flag(event_stream);
    response_begun_ = reader.flag(response_begun);
    if (const TimePoint due = reader.time_or_never(total_due); due != TimePoint::max()) total_.arm_at(due);

    const FieldReader of_upstream = reader.group(upstream_part);
    StrictReader upstream_fields{of_upstream};
    const auto part = upstream::Http1Upstream::unpack_connection(upstream_fields);
    upstream::ConnectionPool& pool = endpoint_ ? group_->pool(*endpoint_) : context_.pool_of_strangers();
    upstream_.attach(pool.adopt(*this, std::move(endpoint),
                                hand_over::to_buffer(part.received, context_.blocks), part.uses));
    upstream_.unpack(upstream_fields);
    if (endpoint_) endpoint_->request_started();
    const FieldReader of_tried = fields.group(tried).value_or(FieldReader{});
    for (std::size_t i = 0; i < tried_.capacity(); ++i) {
        const auto label = of_tried.text(static_cast<Tag>(i + 1));
        const auto* const known = label ? hand_over::Places::endpoint(group_, *label) : nullptr;
        if (known) tried_.push_back(known->index());
    }
    context_.slot.add(Gauge::requests_in_flight, 1);
    if (event_stream_) context_.slot.add(Gauge::event_streams, 1);
    phase_ = reader.flag(response_awaited) ? Phase::awaiting_response : Phase::relaying;
    left_unsent_ = stream.unsent();
    arm_deadline();
}

}  // namespace baton
