#include "server/tls/message_reader.h"

#include <algorithm>

namespace baton::tls {
namespace {

enum class HandshakeType : std::uint8_t {
    hello_request = 0,
    client_hello = 1,
    new_session_ticket = 4,
    key_update = 24,
};

/// RFC 8446 §4.6.1: lifetime, age_add, nonce, ticket and extensions, all as long as they can be.
constexpr std::size_t longest_session_ticket = 4 + 4 + (1 + 255) + (2 + 65535) + (2 + 65534);
/// Of a ClientHello that is refused unread; OpenSSL's own bound.
constexpr std::size_t longest_client_hello = 131'396;

}  // namespace

tl::expected<LateMessage, Alert> MessageReader::next(std::string_view& content, Version version, Role peer) {
    const bool had_header = header_length_ == header_.size();
    while (header_length_ < header_.size() && !content.empty()) {
        header_[header_length_++] = static_cast<std::uint8_t>(content.front());
        content.remove_prefix(1);
    }
    if (header_length_ < header_.size()) return LateMessage::incomplete;
    if (!had_header) {
        if (const auto known = kind(version, peer); !known) return known;
    }
    if (body_passed_ == 0 && !content.empty()) first_ = static_cast<std::uint8_t>(content.front());
    const std::size_t taken = std::min(content.size(), body_length() - body_passed_);
    content.remove_prefix(taken);
    body_passed_ += static_cast<std::uint32_t>(taken);
    if (body_passed_ < body_length()) return LateMessage::incomplete;
    auto message = kind(version, peer);
    if (message == LateMessage::key_update && first_ > 1) return tl::unexpected(Alert::illegal_parameter);
    if (message == LateMessage::key_update && first_ == 1) message = LateMessage::key_update_requested;
    *this = MessageReader{};
    return message;
}

std::optional<MessageReader> MessageReader::resume(const Partial& partial, Version version, Role peer) {
    MessageReader reader;
    if (partial.header_length > reader.header_.size()) return std::nullopt;
    reader.header_ = partial.header;
    reader.header_length_ = partial.header_length;
    reader.first_ = partial.first;
    reader.body_passed_ = partial.body_passed;
    const bool whole_header = partial.header_length == reader.header_.size();
    if (!whole_header) return partial.body_passed == 0 ? std::optional{reader} : std::nullopt;
    if (partial.body_passed >= reader.body_length() || !reader.kind(version, peer)) return std::nullopt;
    return reader;
}

/// What the header promises; a KeyUpdate's request is in its body.
tl::expected<LateMessage, Alert> MessageReader::kind(Version version, Role peer) const {
    const bool tls_1_3 = version == Version::tls_1_3;
    const auto bounded = [this](LateMessage message, std::size_t least,
                                std::size_t most) -> tl::expected<LateMessage, Alert> {
        if (body_length() < least || body_length() > most) return tl::unexpected(Alert::decode_error);
        return message;
    };
    switch (static_cast<HandshakeType>(header_[0])) {
        case HandshakeType::hello_request:
            if (tls_1_3 || peer != Role::server) break;
            return bounded(LateMessage::renegotiation, 0, 0);
        case HandshakeType::client_hello:
            if (tls_1_3 || peer != Role::client) break;
            return bounded(LateMessage::renegotiation, 0, longest_client_hello);
        case HandshakeType::new_session_ticket:
            if (!tls_1_3 || peer != Role::server) break;
            return bounded(LateMessage::session_ticket, 0, longest_session_ticket);
        case HandshakeType::key_update:
            if (!tls_1_3) break;
            return bounded(LateMessage::key_update, 1, 1);
    }
    return tl::unexpected(Alert::unexpected_message);
}

std::size_t MessageReader::body_length() const {
    return std::size_t{header_[1]} << 16 | std::size_t{header_[2]} << 8 | header_[3];
}

}  // namespace baton::tls
