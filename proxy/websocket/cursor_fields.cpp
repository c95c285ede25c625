/// A frame cursor as fields of a parcel.
#include "proxy/websocket/frame_cursor.h"
#include "upgrade/hand_over/field_writer.h"
#include "upgrade/hand_over/strict_reader.h"

#include <algorithm>
#include <utility>

namespace baton::websocket {
namespace {

/// docs/control_protocol.md lists them.
namespace tag {
enum : upgrade::Tag {
    sender = 1,
    max_frame_size,
    left,
    messages,
    frames,
    header,
    close_have,
    close_code,
    in_message,
    closed,
};
}  // namespace tag

}  // namespace

void FrameCursor::pack(upgrade::FieldWriter& fields) const {
    fields.choice(tag::sender, sender_);
    fields.number(tag::max_frame_size, max_frame_size_);
    fields.number(tag::left, left_);
    fields.number(tag::messages, messages_);
    fields.number(tag::frames, frames_);
    fields.text(tag::header, {reinterpret_cast<const char*>(header_), header_have_});
    fields.number(tag::close_have, close_have_);
    fields.number(tag::close_code, close_code_);
    fields.flag(tag::in_message, in_message_);
    fields.flag(tag::closed, closed_);
}

FrameCursor FrameCursor::unpack(upgrade::StrictReader& fields) {
    FrameCursor cursor;
    cursor.sender_ = fields.choice(tag::sender, Sender::server);
    cursor.max_frame_size_ = fields.number<std::uint64_t>(tag::max_frame_size);
    cursor.left_ = fields.number<std::uint64_t>(tag::left);
    cursor.messages_ = fields.number<std::uint64_t>(tag::messages);
    cursor.frames_ = fields.number<std::uint64_t>(tag::frames);
    const std::string_view bytes = fields.text(tag::header, sizeof cursor.header_);
    std::ranges::copy(bytes, reinterpret_cast<char*>(cursor.header_));
    cursor.header_have_ = static_cast<std::uint8_t>(bytes.size());
    cursor.close_have_ = fields.number<std::uint8_t>(tag::close_have, 2);
    cursor.close_code_ = fields.number<std::uint16_t>(tag::close_code);
    cursor.in_message_ = fields.flag(tag::in_message);
    cursor.closed_ = fields.flag(tag::closed);
    // Payload is due only behind a whole header, and no header is longer than it says.
    fields.require(cursor.header_have_ <= cursor.header_size());
    fields.require(cursor.left_ == 0 || cursor.in_payload());
    return cursor;
}

}  // namespace baton::websocket
