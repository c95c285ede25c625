#include "server/tls/record_layer.h"

#include "server/assert.h"
#include "server/tls/key_schedule.h"

#include <algorithm>
#include <array>
#include <utility>

namespace baton::tls {
namespace {

/// On the wire, of a record that a client can open as soon as its segment is there.
constexpr std::size_t segment_length = 1400;
/// After so many bytes the congestion window is open, and records of full length cost least.
constexpr std::uint64_t warm_after = std::uint64_t{64} * 1024;
/// In a row: OpenSSL's own bound for empty records.
constexpr std::uint32_t most_empty_records = 32;
/// A KeyUpdate, or an attempt to renegotiate, costs as much as so many records; a peer may save up for some.
constexpr std::uint32_t records_per_request = 1000;
constexpr std::uint32_t largest_allowance = 64 * records_per_request;

enum class AlertLevel : std::uint8_t { warning = 1, fatal = 2 };

using AlertMessage = std::array<char, 2>;

AlertMessage alert_message(AlertLevel level, Alert alert) {
    return {static_cast<char>(level), static_cast<char>(alert)};
}

std::string_view view(const AlertMessage& message) {
    return {message.data(), message.size()};
}

/// KeyUpdate with update_not_requested (RFC 8446 §4.6.3). Its counterpart is never sent: OpenSSL's clients
/// fail when it meets a write of theirs that is under way.
constexpr std::array<char, 5> key_update_message{24, 0, 0, 1, 0};

/// Contiguous room for `bytes` behind what is in `into`.
std::span<char> room_in(ReceiveBuffer& into, std::size_t bytes) {
    into.reserve(into.size() + bytes);
    return into.prepare();
}

}  // namespace

std::uint64_t most_records(const CipherSuite& suite) {
    if (suite.version == Version::tls_1_3) return most_records_per_key;
    return suite.has_explicit_nonce() ? most_records_of_tls_1_2_gcm : UINT64_MAX;
}

RecordLayer::RecordLayer(Workspace& workspace, HeldKeys keys)
    : workspace_(workspace),
      keys_(std::move(keys)),
      suite_(find_suite(keys_->suite)),
      allowance_(largest_allowance) {
    ASSERT(suite_ != nullptr);
    ASSERT(keys_->longest_plaintext > 0 && keys_->longest_plaintext <= tls::longest_plaintext);
}

RecordLayer::RecordLayer(Workspace& workspace, HeldKeys keys, const RecordLayerState& state)
    : RecordLayer(workspace, std::move(keys)) {
    warm_bytes_ = state.warm_bytes;
    allowance_ = std::min(state.allowance, largest_allowance);
    empty_records_ = state.empty_records;
    messages_ = state.messages;
    update_is_last_ = state.update_is_last;
}

RecordLayer::RecordLayer(RecordLayer&&) noexcept = default;

RecordLayer::~RecordLayer() {
    forget();
}

RecordLayerState RecordLayer::layer_state() const {
    return {warm_bytes_, allowance_, empty_records_, messages_, update_is_last_};
}

void RecordLayer::leave() {
    forget();
    keys_.reset();
    failed_ = true;
}

void RecordLayer::forget() {
    if (!keys_) return;
    workspace_.ciphers.forget(keys_->reading);
    workspace_.ciphers.forget(keys_->writing);
}

// Opening

Opened RecordLayer::open(std::string_view record, ReceiveBuffer& into, ByteQueue& replies) {
    if (failed_) return Opened::failed;
    if (keys_->read_closed) return Opened::closed;
    const auto type = static_cast<ContentType>(record[0]);
    // RFC 8446 §5: whatever is not protected is out of place, a change_cipher_spec included.
    if (is_tls_1_3() && type != ContentType::application_data)
        return refuse(Alert::unexpected_message, replies);
    const std::span<char> room = room_in(into, record.size());
    const auto content = open_record(workspace_.ciphers.get(keys_->reading, suite_->aead, Use::open), *suite_,
                                     keys_->reading, record, room.data());
    allowance_ = std::min(allowance_ + 1, largest_allowance);
    const Opened opened = content ? read(content->type, {room.data(), content->length}, into, replies)
                                  : refuse(content.error(), replies);
    if (opened != Opened::data) into.release_if_empty();
    return opened;
}

Opened RecordLayer::read(ContentType type, std::string_view content, ReceiveBuffer& into,
                         ByteQueue& replies) {
    // RFC 8446 §5.1: nothing comes between the parts of a handshake message.
    if (messages_.in_message() && type != ContentType::handshake)
        return refuse(Alert::unexpected_message, replies);
    switch (type) {
        case ContentType::application_data:
            if (content.empty()) return without_effect(replies);
            empty_records_ = 0;
            into.commit(content.size());
            return Opened::data;
        case ContentType::alert: return read_alert(content, replies);
        case ContentType::handshake: return read_messages(content, replies);
        case ContentType::change_cipher_spec: break;
    }
    return refuse(Alert::unexpected_message, replies);
}

Opened RecordLayer::read_alert(std::string_view content, ByteQueue& replies) {
    if (content.empty()) return refuse(Alert::unexpected_message, replies);  // RFC 8446 §5.4
    if (content.size() != 2) return refuse(Alert::decode_error, replies);
    const auto level = static_cast<AlertLevel>(content[0]);
    const auto alert = static_cast<Alert>(content[1]);
    if (alert == Alert::close_notify) {
        keys_->read_closed = true;
        return Opened::closed;
    }
    // RFC 8446 §6: the level says nothing there, and user_canceled is the only other one that ends nothing.
    const bool ends = is_tls_1_3() ? alert != Alert::user_canceled : level != AlertLevel::warning;
    if (!ends) return without_effect(replies);
    last_alert_ = alert;
    failed_ = keys_->write_closed = true;
    return Opened::failed;
}

Opened RecordLayer::read_messages(std::string_view content, ByteQueue& replies) {
    if (content.empty()) return refuse(Alert::unexpected_message, replies);  // RFC 8446 §5.4
    const Role peer = keys_->role == Role::server ? Role::client : Role::server;
    Opened opened = Opened::nothing;
    while (!content.empty() && opened == Opened::nothing) {
        const auto message = messages_.next(content, suite_->version, peer);
        if (!message) return refuse(message.error(), replies);
        switch (*message) {
            case LateMessage::incomplete:
            case LateMessage::session_ticket: opened = without_effect(replies); break;
            case LateMessage::renegotiation: opened = refuse_renegotiation(replies); break;
            case LateMessage::key_update:
            case LateMessage::key_update_requested:
                // RFC 8446 §5.1: the next byte has another key, so none can be left of this record.
                if (!content.empty()) return refuse(Alert::unexpected_message, replies);
                opened = follow_key_update(*message, replies);
                break;
        }
    }
    return opened;
}

// Of several requests that come while we have nothing to say, one answer is enough (RFC 8446 §4.6.3).
Opened RecordLayer::follow_key_update(LateMessage message, ByteQueue& replies) {
    if (!spend_allowance()) return refuse(Alert::unexpected_message, replies);
    if (!update(keys_->reading)) return refuse(Alert::internal_error, replies);
    if (message == LateMessage::key_update || keys_->write_closed || update_is_last_) return Opened::nothing;
    if (!renew_own_keys(replies)) return refuse(Alert::internal_error, replies);
    update_is_last_ = true;
    return Opened::nothing;
}

// RFC 5246 §7.2.2: with a warning the connection goes on as it is.
Opened RecordLayer::refuse_renegotiation(ByteQueue& replies) {
    if (!spend_allowance()) return refuse(Alert::unexpected_message, replies);
    const AlertMessage warning = alert_message(AlertLevel::warning, Alert::no_renegotiation);
    if (keys_->write_closed) return Opened::nothing;
    return seal_message(ContentType::alert, view(warning), replies) ? Opened::nothing
                                                                    : refuse(Alert::internal_error, replies);
}

Opened RecordLayer::without_effect(ByteQueue& replies) {
    if (++empty_records_ > most_empty_records) return refuse(Alert::unexpected_message, replies);
    return Opened::nothing;
}

Opened RecordLayer::refuse(Alert alert, ByteQueue& replies) {
    fail(alert, replies);
    return Opened::failed;
}

bool RecordLayer::spend_allowance() {
    if (allowance_ < records_per_request) return false;
    allowance_ -= records_per_request;
    return true;
}

// Sealing

bool RecordLayer::seal(ByteQueue& plaintext, std::size_t bytes, ByteQueue& records) {
    bytes = std::min(bytes, plaintext.size());
    if (failed_) return bytes == 0;
    while (bytes > 0) {
        const std::size_t length = std::min(bytes, next_length());
        if (!may_seal_data(records) || !seal_data(plaintext, length, records)) return false;
        warm_bytes_ += length;
        bytes -= length;
    }
    return true;
}

std::size_t RecordLayer::next_length() const {
    const std::size_t wanted =
        warm_bytes_ < warm_after ? segment_length - record_overhead(*suite_) : tls::longest_plaintext;
    return std::min<std::size_t>(wanted, keys_->longest_plaintext);
}

bool RecordLayer::may_seal_data(ByteQueue& records) {
    if (keys_->write_closed) return false;
    if (keys_->writing.sequence < most_records(*suite_)) return true;
    return is_tls_1_3() && renew_own_keys(records);
}

bool RecordLayer::seal_data(ByteQueue& plaintext, std::size_t length, ByteQueue& records) {
    const std::size_t whole = length + record_overhead(*suite_);
    RecordSealer sealer{workspace_.ciphers.get(keys_->writing, suite_->aead, Use::seal),
                        *suite_,
                        keys_->writing,
                        ContentType::application_data,
                        length,
                        records.prepare(whole).data()};
    while (length > 0) {
        const std::string_view piece = plaintext.front().substr(0, length);
        sealer.add(piece);
        length -= piece.size();
        plaintext.consume(piece.size());
    }
    if (!sealer.finish()) return false;
    records.commit(whole);
    update_is_last_ = false;
    return true;
}

bool RecordLayer::seal_message(ContentType type, std::string_view message, ByteQueue& records) {
    const std::size_t whole = message.size() + record_overhead(*suite_);
    RecordSealer sealer{workspace_.ciphers.get(keys_->writing, suite_->aead, Use::seal),
                        *suite_,
                        keys_->writing,
                        type,
                        message.size(),
                        records.prepare(whole).data()};
    sealer.add(message);
    if (!sealer.finish()) return false;
    records.commit(whole);
    update_is_last_ = false;
    return true;
}

// The message still has the former key (RFC 8446 §4.6.3).
bool RecordLayer::renew_own_keys(ByteQueue& records) {
    return seal_message(ContentType::handshake, {key_update_message.data(), key_update_message.size()},
                        records) &&
           update(keys_->writing);
}

bool RecordLayer::update(TrafficKeys& keys) {
    workspace_.ciphers.forget(keys);
    return update_traffic_keys(*suite_, keys);
}

void RecordLayer::close_notify(ByteQueue& records) {
    if (failed_ || keys_->write_closed) return;
    keys_->write_closed = true;
    const AlertMessage message = alert_message(AlertLevel::warning, Alert::close_notify);
    seal_message(ContentType::alert, view(message), records);
}

void RecordLayer::fail(Alert alert, ByteQueue& records) {
    if (failed_) return;
    const AlertMessage message = alert_message(AlertLevel::fatal, alert);
    if (!keys_->write_closed) seal_message(ContentType::alert, view(message), records);
    failed_ = keys_->write_closed = true;
    last_alert_ = alert;
}

}  // namespace baton::tls
