#include "proxy/websocket/frame_cursor.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace baton::websocket {

namespace {

constexpr std::uint8_t fin_bit = 0x80, rsv_bits = 0x70, opcode_bits = 0x0f, mask_bit = 0x80,
                       length_bits = 0x7f;
constexpr std::uint64_t longest_control = 125;

constexpr bool is_control(std::uint8_t first) {
    return (first & 0x08) != 0;
}
constexpr Opcode opcode_of(std::uint8_t first) {
    return static_cast<Opcode>(first & opcode_bits);
}
constexpr std::uint8_t extended_length_size(std::uint8_t second) {
    const std::uint8_t length = second & length_bits;
    return length == 127 ? 8 : length == 126 ? 2 : 0;
}

}  // namespace

/// Whether the frame's first byte may stand here. Reserved bits are the business of extensions, which Baton
/// passes untouched; no registered extension gives them a meaning in control frames.
bool FrameCursor::accepts_first(std::uint8_t first) const {
    if (is_control(first))
        return (first & fin_bit) && !(first & rsv_bits) && opcode_of(first) <= Opcode::pong;
    if (opcode_of(first) > Opcode::binary) return false;
    return (opcode_of(first) == Opcode::continuation) == in_message_;
}

/// Whether the second byte fits the sender and the kind of frame.
bool FrameCursor::accepts_second(std::uint8_t second) const {
    if (((second & mask_bit) != 0) != (sender_ == Sender::client)) return false;
    const std::uint8_t length = second & length_bits;
    if (is_control(header_[0]) && length > longest_control) return false;
    return opcode_of(header_[0]) != Opcode::close || length != 1;
}

std::uint8_t FrameCursor::header_size() const {
    if (header_have_ < 2) return 2;
    return static_cast<std::uint8_t>(2 + extended_length_size(header_[1]) +
                                     (sender_ == Sender::client ? 4 : 0));
}

/// The header is complete: checks the length and takes it as what is left to pass.
CursorStatus FrameCursor::begin_frame() {
    const std::uint8_t extended = extended_length_size(header_[1]);
    std::uint64_t length = header_[1] & length_bits;
    if (extended > 0) {
        length = 0;
        for (std::size_t i = 0; i < extended; ++i) length = length << 8 | header_[2 + i];
        const std::uint64_t shortest =
            extended == 2 ? 126 : 65536;  // "the minimal number of bytes MUST be used"
        if (length < shortest || length >> 63 != 0) return CursorStatus::protocol_error;
    }
    if (!is_control(header_[0]) && length > max_frame_size_) return CursorStatus::frame_too_large;
    left_ = length;
    close_have_ = 0;
    return CursorStatus::ok;
}

void FrameCursor::end_frame() {
    const std::uint8_t first = header_[0];
    header_have_ = 0;
    ++frames_;
    note_life();
    if (is_control(first)) {
        if (opcode_of(first) != Opcode::close) return;
        closed_ = true;
        if (close_have_ == 0) close_code_ = 1005;
        return;
    }
    in_message_ = (first & fin_bit) == 0;
    if (!in_message_) ++messages_;
}

void FrameCursor::note_life() {
    if (opcode_of(header_[0]) == Opcode::pong) saw_life_ = true;
    if (!is_control(header_[0])) saw_life_ = saw_data_ = true;
}

/// Watches payload: all of it at once, except for the code at the beginning of a Close frame.
std::size_t FrameCursor::pass_payload(std::string_view bytes) {
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    if (opcode_of(header_[0]) == Opcode::close) {
        for (std::size_t i = 0; i < taken && close_have_ < 2; ++i) {
            auto byte = static_cast<std::uint8_t>(bytes[i]);
            if (sender_ == Sender::client) byte ^= header_[2 + close_have_];
            close_code_ = static_cast<std::uint16_t>(close_have_++ == 0 ? byte << 8 : close_code_ | byte);
        }
    }
    if (taken > 0) note_life();
    left_ -= taken;
    return taken;
}

/// Takes bytes of the header until it is complete, `bytes` ends or something is wrong.
CursorStatus FrameCursor::pass_header(std::string_view bytes, std::size_t& taken) {
    for (taken = 0; taken < bytes.size();) {
        const auto byte = static_cast<std::uint8_t>(bytes[taken++]);
        if (header_have_ == 0 && !accepts_first(byte)) return CursorStatus::protocol_error;
        if (header_have_ == 1 && !accepts_second(byte)) return CursorStatus::protocol_error;
        header_[header_have_++] = byte;
        if (in_payload()) return begin_frame();
    }
    return CursorStatus::ok;
}

CursorStatus FrameCursor::pass(std::string_view bytes) {
    passed_ = 0;
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (!in_payload()) {
            passed_ = at;
            if (closed_) return CursorStatus::protocol_error;
            std::size_t taken = 0;
            const CursorStatus status = pass_header(bytes.substr(at), taken);
            if (status != CursorStatus::ok) return status;
            at += taken;
        }
        if (!in_payload()) break;
        at += pass_payload(bytes.substr(at));
        if (left_ > 0) break;
        end_frame();
    }
    passed_ = bytes.size();
    return closed_ ? CursorStatus::close_seen : CursorStatus::ok;
}

namespace {

/// Writes a control frame of at most 125 bytes of payload in two pieces.
std::size_t write_control(char* out, Sender sender, Opcode opcode, std::string_view head,
                          std::string_view tail) {
    const std::size_t size = head.size() + tail.size();
    std::size_t at = 0;
    out[at++] = static_cast<char>(fin_bit | static_cast<std::uint8_t>(opcode));
    out[at++] = static_cast<char>(size | (sender == Sender::client ? mask_bit : 0u));
    // Unpredictable, as RFC 6455 §5.3 wants it; without entropy (never after boot) the payload is still only
    // our own.
    std::array<char, 4> mask{};
    if (sender == Sender::client) {
        if (getrandom(mask.data(), mask.size(), 0) != static_cast<ssize_t>(mask.size()))
            mask = {0x42, 0x61, 0x74, 0x6f};
        std::memcpy(out + at, mask.data(), mask.size());
        at += mask.size();
    }
    head.copy(out + at, head.size());
    tail.copy(out + at + head.size(), tail.size());
    for (std::size_t i = 0; i < size; ++i) out[at + i] = static_cast<char>(out[at + i] ^ mask[i % 4]);
    return at + size;
}

}  // namespace

std::size_t write_ping(char* out, Sender sender, std::string_view payload) {
    return write_control(out, sender, Opcode::ping, payload.substr(0, longest_control), {});
}

std::size_t write_close(char* out, Sender sender, std::uint16_t code, std::string_view reason) {
    const std::array<char, 2> network_order{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
    return write_control(out, sender, Opcode::close, {network_order.data(), network_order.size()},
                         reason.substr(0, longest_control - network_order.size()));
}

}  // namespace baton::websocket
