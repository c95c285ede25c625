#include "upgrade/hand_over/tls_fields.h"

#include "server/assert.h"
#include "server/tls/key_schedule.h"
#include "server/tls/record_header.h"
#include "server/tls/record_layer.h"
#include "upgrade/hand_over/strict_reader.h"

#include <algorithm>
#include <span>

namespace baton::upgrade {
namespace {

using tls::CipherSuite;
using tls::MessageReader;
using tls::RecordState;
using tls::Role;
using tls::TlsState;
using tls::TrafficKeys;
using tls::Version;

/// Ciphertext of either direction that waits: far more than a transport ever lets come together.
constexpr std::size_t longest_waiting = std::size_t{1024} * 1024;
/// RFC 6066 §3: a host name.
constexpr std::size_t longest_server_name = 255;
/// OpenSSL takes no longer chain of a client.
constexpr std::size_t longest_certificate = std::size_t{100} * 1024;

std::string_view view(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void copy(std::string_view from, std::span<std::uint8_t> to) {
    ASSERT(from.size() <= to.size());
    std::ranges::copy(from, to.begin());
}

// Writing

void write_direction(FieldWriter& fields, Tag tag, const CipherSuite& suite, const TrafficKeys& keys) {
    fields.group(tag, [&] {
        if (suite.version == Version::tls_1_3) {
            fields.text(traffic_tag::secret, view(keys.secret).substr(0, suite.hash_length()));
        } else {
            fields.text(traffic_tag::key, view(keys.key).substr(0, suite.key_length()));
            fields.text(traffic_tag::iv, view(keys.iv).substr(0, suite.fixed_nonce_length()));
        }
        fields.number(traffic_tag::sequence, keys.sequence);
        if (suite.has_explicit_nonce()) fields.number(traffic_tag::explicit_nonce, keys.explicit_nonce);
    });
}

void write_keys(FieldWriter& fields, const RecordState& keys) {
    const CipherSuite& suite = *tls::find_suite(keys.suite);
    fields.number(tls_tag::version, static_cast<std::uint16_t>(suite.version));
    fields.number(tls_tag::suite, suite.id);
    fields.number(tls_tag::role, static_cast<std::uint8_t>(keys.role));
    fields.number(tls_tag::longest_plaintext, keys.longest_plaintext);
    fields.flag(tls_tag::read_closed, keys.read_closed);
    fields.flag(tls_tag::write_closed, keys.write_closed);
    write_direction(fields, tls_tag::reading, suite, keys.reading);
    write_direction(fields, tls_tag::writing, suite, keys.writing);
}

void write_message(FieldWriter& fields, const MessageReader& messages) {
    if (!messages.in_message()) return;
    const MessageReader::Partial partial = messages.partial();
    fields.group(tls_tag::message, [&] {
        fields.text(message_tag::header, view(partial.header).substr(0, partial.header_length));
        fields.number(message_tag::first, partial.first);
        fields.number(message_tag::passed, partial.body_passed);
    });
}

void write_layer(FieldWriter& fields, const tls::RecordLayerState& layer) {
    fields.number(tls_tag::warm_bytes, layer.warm_bytes);
    fields.number(tls_tag::allowance, layer.allowance);
    fields.number(tls_tag::empty_records, layer.empty_records);
    fields.flag(tls_tag::update_is_last, layer.update_is_last);
    write_message(fields, layer.messages);
}

void write_client(FieldWriter& fields, const tls::ClientCertificate& client) {
    fields.group(tls_tag::client, [&] {
        fields.text(client_tag::subject, client.subject);
        fields.text(client_tag::issuer, client.issuer);
        fields.text(client_tag::serial, client.serial);
        fields.text(client_tag::fingerprint, client.fingerprint);
        fields.text(client_tag::der, client.der);
        fields.number(client_tag::not_after, static_cast<std::uint64_t>(client.not_after));
    });
}

// Reading

void read_direction(const FieldReader& group, const CipherSuite& suite, TrafficKeys& keys,
                    StrictReader& outer) {
    StrictReader fields{group};
    if (suite.version == Version::tls_1_3) {
        copy(fields.bytes(traffic_tag::secret, suite.hash_length()), keys.secret);
        fields.require(fields.good() && tls::derive_traffic_keys(suite, keys));
    } else {
        copy(fields.bytes(traffic_tag::key, suite.key_length()), keys.key);
        copy(fields.bytes(traffic_tag::iv, suite.fixed_nonce_length()), keys.iv);
    }
    keys.sequence = fields.number<std::uint64_t>(traffic_tag::sequence);
    if (suite.has_explicit_nonce())
        keys.explicit_nonce = fields.number<std::uint64_t>(traffic_tag::explicit_nonce);
    outer.require(fields.good());
}

void read_keys(StrictReader& fields, const CipherSuite& suite, RecordState& keys) {
    keys.suite = suite.id;
    keys.role = static_cast<Role>(fields.number<std::uint8_t>(tls_tag::role, 1));
    keys.longest_plaintext = fields.number<std::uint16_t>(tls_tag::longest_plaintext, tls::longest_plaintext);
    fields.require(keys.longest_plaintext > 0);
    keys.read_closed = fields.flag(tls_tag::read_closed);
    keys.write_closed = fields.flag(tls_tag::write_closed);
    read_direction(fields.group(tls_tag::reading), suite, keys.reading, fields);
    read_direction(fields.group(tls_tag::writing), suite, keys.writing, fields);
    fields.require(keys.writing.sequence <= tls::most_records(suite));
}

void read_message(StrictReader& outer, const CipherSuite& suite, Role role, MessageReader& messages) {
    if (!outer.has(tls_tag::message)) return;
    const FieldReader group = outer.group(tls_tag::message);
    StrictReader fields{group};
    MessageReader::Partial partial;
    const std::string_view header = fields.text(message_tag::header, partial.header.size());
    copy(header, partial.header);
    partial.header_length = static_cast<std::uint8_t>(header.size());
    partial.first = fields.number<std::uint8_t>(message_tag::first);
    partial.body_passed = fields.number<std::uint32_t>(message_tag::passed);
    const Role peer = role == Role::server ? Role::client : Role::server;
    const auto resumed = MessageReader::resume(partial, suite.version, peer);
    outer.require(fields.good() && resumed);
    if (resumed) messages = *resumed;
}

void read_layer(StrictReader& fields, const CipherSuite& suite, Role role, tls::RecordLayerState& layer) {
    layer.warm_bytes = fields.number<std::uint64_t>(tls_tag::warm_bytes);
    layer.allowance = fields.number<std::uint32_t>(tls_tag::allowance);
    layer.empty_records = fields.number<std::uint32_t>(tls_tag::empty_records);
    layer.update_is_last = fields.flag(tls_tag::update_is_last);
    read_message(fields, suite, role, layer.messages);
}

void read_client(StrictReader& outer, tls::TlsInfo& info) {
    if (!outer.has(tls_tag::client)) return;
    const FieldReader group = outer.group(tls_tag::client);
    StrictReader fields{group};
    tls::ClientCertificate client;
    client.subject = fields.text(client_tag::subject, longest_certificate);
    client.issuer = fields.text(client_tag::issuer, longest_certificate);
    client.serial = fields.text(client_tag::serial, longest_certificate);
    client.fingerprint = fields.text(client_tag::fingerprint, longest_certificate);
    client.der = fields.text(client_tag::der, longest_certificate);
    client.not_after = static_cast<std::int64_t>(fields.number<std::uint64_t>(client_tag::not_after));
    outer.require(fields.good());
    info.client = std::make_unique<const tls::ClientCertificate>(std::move(client));
}

void read_waiting(StrictReader& fields, TlsState& state) {
    state.received = fields.text(tls_tag::received, longest_waiting);
    state.sealed = fields.text(tls_tag::sealed, longest_waiting);
}

void read_ends(StrictReader& fields, TlsState& state) {
    state.closed_by_peer = fields.flag(tls_tag::closed_by_peer);
    state.close_told = fields.flag(tls_tag::close_told);
    state.shutting_down = fields.flag(tls_tag::shutting_down);
    state.fin_sent = fields.flag(tls_tag::fin_sent);
    fields.require(!state.close_told || state.closed_by_peer);
    fields.require(!state.closed_by_peer || state.keys->read_closed);
    fields.require(!state.shutting_down || state.keys->write_closed);
    fields.require(!state.fin_sent || (state.shutting_down && state.sealed.empty()));
}

void read_info(StrictReader& fields, const CipherSuite& suite, tls::TlsInfo& info) {
    info.version = suite.version;
    info.suite = suite.id;
    info.resumed = fields.flag(tls_tag::resumed);
    info.server_name = fields.text(tls_tag::server_name, longest_server_name);
    read_client(fields, info);
}

}  // namespace

void write_tls(FieldWriter& fields, const TlsState& state) {
    if (state.keys) write_keys(fields, *state.keys);
    write_layer(fields, state.layer);
    fields.text(tls_tag::received, state.received);
    fields.text(tls_tag::sealed, state.sealed);
    fields.flag(tls_tag::closed_by_peer, state.closed_by_peer);
    fields.flag(tls_tag::close_told, state.close_told);
    fields.flag(tls_tag::shutting_down, state.shutting_down);
    fields.flag(tls_tag::fin_sent, state.fin_sent);
    fields.flag(tls_tag::resumed, state.info.resumed);
    fields.text(tls_tag::server_name, state.info.server_name);
    if (state.info.client) write_client(fields, *state.info.client);
}

tl::expected<TlsState, Refusal> read_tls(const FieldReader& from, tls::KeyMemory& keys) {
    StrictReader fields{from};
    const auto version = fields.number<std::uint16_t>(tls_tag::version);
    const auto suite_id = fields.number<std::uint16_t>(tls_tag::suite);
    if (!fields.good()) return tl::unexpected(Refusal::malformed);
    const CipherSuite* const suite = tls::find_suite(suite_id);
    if (suite == nullptr) return tl::unexpected(Refusal::unsupported);
    fields.require(static_cast<std::uint16_t>(suite->version) == version);

    TlsState state;
    state.keys = keys.take();
    if (!state.keys) return tl::unexpected(Refusal::out_of_memory);
    read_keys(fields, *suite, *state.keys);
    read_layer(fields, *suite, state.keys->role, state.layer);
    read_waiting(fields, state);
    read_ends(fields, state);
    read_info(fields, *suite, state.info);
    if (!fields.good()) return tl::unexpected(Refusal::malformed);
    return state;
}

}  // namespace baton::upgrade
