#include "proxy/exchange/record_fields.h"

#include <utility>

namespace baton {
namespace {

using upgrade::Tag;

/// docs/control_protocol.md lists them.
enum : Tag {
    event = 1,
    started,
    total,
    head,
    connect,
    first_byte,
    client_port,
    has_query,
    tls_resumed,
    status,
    bytes_in,
    bytes_out,
    upstream_status,
    tries,
    reused,
    close_code,
    messages_in,
    messages_out,
    pings_lost,
    first_text = 64,
    route_identity = 87,
};

/// The texts by their tags, from `first_text` on.
constexpr std::string_view AccessRecord::*texts[] = {
    &AccessRecord::id,
    &AccessRecord::trace_id,
    &AccessRecord::client_ip,
    &AccessRecord::peer_ip,
    &AccessRecord::listener,
    &AccessRecord::protocol,
    &AccessRecord::method,
    &AccessRecord::scheme,
    &AccessRecord::host,
    &AccessRecord::path,
    &AccessRecord::query,
    &AccessRecord::referer,
    &AccessRecord::user_agent,
    &AccessRecord::matched_host,
    &AccessRecord::route,
    &AccessRecord::upstream,
    &AccessRecord::endpoint,
    &AccessRecord::detail,
    &AccessRecord::closed_by,
    &AccessRecord::tls_version,
    &AccessRecord::tls_cipher,
    &AccessRecord::server_name,
    &AccessRecord::client_certificate,
};
/// Longer ones cannot come from a head that was accepted.
constexpr std::size_t longest_text = std::size_t{64} * 1024;

}  // namespace

void write_record(upgrade::FieldWriter& fields, const AccessRecord& record) {
    fields.choice(event, record.event);
    fields.number(started, static_cast<std::uint64_t>(record.started.time_since_epoch().count()));
    fields.duration(total, record.total);
    fields.duration(head, record.head);
    fields.duration(connect, record.connect);
    fields.duration(first_byte, record.first_byte);
    fields.number(client_port, record.client_port);
    fields.flag(has_query, record.has_query);
    fields.flag(tls_resumed, record.tls_resumed);
    fields.number(status, record.status);
    fields.number(bytes_in, record.bytes_in);
    fields.number(bytes_out, record.bytes_out);
    fields.number(upstream_status, record.upstream_status);
    fields.number(tries, record.tries);
    fields.flag(reused, record.reused);
    fields.number(close_code, record.close_code);
    fields.number(messages_in, record.messages_in);
    fields.number(messages_out, record.messages_out);
    fields.number(pings_lost, record.pings_lost);
    Tag tag = first_text;
    for (const auto text : texts) fields.text(tag++, record.*text);
    fields.text(route_identity, record.route_identity);
}

AccessRecord read_record(upgrade::StrictReader& fields) {
    AccessRecord record;
    record.event = fields.choice(event, AccessEvent::stream_progress);
    record.started = WallTime{fields.time(started).time_since_epoch()};
    record.total = fields.duration(total);
    record.head = fields.duration(head);
    record.connect = fields.duration(connect);
    record.first_byte = fields.duration(first_byte);
    record.client_port = fields.number<std::uint16_t>(client_port);
    record.has_query = fields.flag(has_query);
    record.tls_resumed = fields.flag(tls_resumed);
    record.status = fields.number<std::uint16_t>(status);
    record.bytes_in = fields.number<std::uint64_t>(bytes_in);
    record.bytes_out = fields.number<std::uint64_t>(bytes_out);
    record.upstream_status = fields.number<std::uint16_t>(upstream_status);
    record.tries = fields.number<std::uint8_t>(tries);
    record.reused = fields.flag(reused);
    record.close_code = fields.number<std::uint16_t>(close_code);
    record.messages_in = fields.number<std::uint64_t>(messages_in);
    record.messages_out = fields.number<std::uint64_t>(messages_out);
    record.pings_lost = fields.number<std::uint32_t>(pings_lost);
    Tag tag = first_text;
    for (const auto text : texts) record.*text = fields.text(tag++, longest_text);
    if (fields.has(route_identity)) record.route_identity = fields.text(route_identity, longest_text);
    return record;
}

}  // namespace baton
