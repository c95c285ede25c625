#include "proxy/demo/websocket_frames.h"

namespace baton::demo {

using websocket::Sender;

namespace {

constexpr std::size_t mask_size = 4;

std::uint64_t read_number(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return number;
}

void append_number(std::string& out, std::uint64_t number, unsigned bytes) {
    for (unsigned shift = bytes * 8; shift > 0; shift -= 8)
        out += static_cast<char>(number >> (shift - 8) & 0xff);
}

void apply_mask(std::string& payload, std::string_view mask) {
    for (std::size_t i = 0; i < payload.size(); ++i)
        payload[i] = static_cast<char>(payload[i] ^ mask[i % mask_size]);
}

}  // namespace

FrameResult read_frame(std::string_view data, Sender sender, Frame& frame) {
    if (data.size() < 2) return {FrameStatus::need_more, 2};
    const auto first = static_cast<unsigned char>(data[0]);
    const auto second = static_cast<unsigned char>(data[1]);
    const bool masked = (second & 0x80) != 0;
    if ((first & 0x70) != 0 || masked != (sender == Sender::client)) return {FrameStatus::bad};

    const std::size_t short_length = second & 0x7f;
    const std::size_t length_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
    const std::size_t header = 2 + length_bytes + (masked ? mask_size : 0);
    if (data.size() < header) return {FrameStatus::need_more, header};
    const std::uint64_t length = length_bytes == 0 ? short_length : read_number(data.substr(2, length_bytes));
    if (length > longest_payload) return {FrameStatus::bad};
    const std::size_t size = header + static_cast<std::size_t>(length);
    if (data.size() < size) return {FrameStatus::need_more, size};

    frame.opcode = static_cast<websocket::Opcode>(first & 0x0f);
    frame.final = (first & 0x80) != 0;
    frame.payload = data.substr(header, static_cast<std::size_t>(length));
    if (masked) apply_mask(frame.payload, data.substr(header - mask_size, mask_size));
    return {FrameStatus::complete, size};
}

std::string make_frame(Sender sender, const Frame& frame, std::uint32_t mask) {
    const std::size_t length = frame.payload.size();
    const unsigned mask_bit = sender == Sender::client ? 0x80 : 0;
    std::string out;
    out.reserve(length + 14);
    append_number(out, (frame.final ? 0x80u : 0u) | static_cast<unsigned>(frame.opcode), 1);
    if (length < 126) {
        append_number(out, mask_bit | length, 1);
    } else if (length <= 0xffff) {
        append_number(out, mask_bit | 126, 1);
        append_number(out, length, 2);
    } else {
        append_number(out, mask_bit | 127, 1);
        append_number(out, length, 8);
    }
    if (sender == Sender::server) return out + frame.payload;
    std::string mask_bytes;
    append_number(mask_bytes, mask, mask_size);
    std::string payload = frame.payload;
    apply_mask(payload, mask_bytes);
    return out + mask_bytes + payload;
}

}  // namespace baton::demo
