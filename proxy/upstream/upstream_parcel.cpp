/// An exchange's side towards its endpoint on its way to another process.
#include "proxy/hand_over/buffer_fields.h"
#include "proxy/upstream/http1_upstream.h"

#include <utility>

namespace baton::upstream {
namespace {

/// docs/control_protocol.md lists them.
namespace tag {
enum : upgrade::Tag {
    received = 1,
    uses,
    unsent_bytes,
    request_kind,
    request_length,
    body,
    sent,
    request_finished,
    response_complete,
    keep_alive,
    anything_received,
};
}  // namespace tag

}  // namespace

bool Http1Upstream::movable() const {
    return lease_ && connection().is_established() && connection().transport().movable();
}

void Http1Upstream::leave() {
    lease_->transport().leave();
    close();
}

void Http1Upstream::pack(upgrade::FieldWriter& fields) const {
    hand_over::write_bytes(fields, tag::received, connection().received());
    fields.number(tag::uses, connection().uses());
    hand_over::write_bytes(fields, tag::unsent_bytes, unsent_);
    fields.choice(tag::request_kind, request_framing_.kind);
    fields.number(tag::request_length, request_framing_.length);
    fields.group(tag::body, [&] { body_.pack(fields); });
    fields.number(tag::sent, sent_);
    fields.flag(tag::request_finished, request_finished_);
    fields.flag(tag::response_complete, response_complete_);
    fields.flag(tag::keep_alive, keep_alive_);
    fields.flag(tag::anything_received, anything_received_);
}

Http1Upstream::ConnectionPart Http1Upstream::unpack_connection(upgrade::StrictReader& fields) {
    return {fields.text(tag::received, hand_over::most_buffered), fields.number<std::uint32_t>(tag::uses)};
}

void Http1Upstream::unpack(upgrade::StrictReader& fields) {
    unsent_.append(fields.text(tag::unsent_bytes, hand_over::most_buffered));
    request_framing_.kind = fields.choice(tag::request_kind, http::Framing::until_close);
    request_framing_.length = fields.number<std::uint64_t>(tag::request_length);
    const upgrade::FieldReader of_body = fields.group(tag::body);
    upgrade::StrictReader body_fields{of_body};
    body_ = http::Http1BodyReader::unpack(body_fields);
    fields.require(body_fields.good());
    sent_ = fields.number<std::uint64_t>(tag::sent);
    request_finished_ = fields.flag(tag::request_finished);
    response_complete_ = fields.flag(tag::response_complete);
    keep_alive_ = fields.flag(tag::keep_alive);
    anything_received_ = fields.flag(tag::anything_received);
}

}  // namespace baton::upstream
