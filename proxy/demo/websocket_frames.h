/// Whole WebSocket frames for the two ends of the demo (RFC 6455 §5.2): Baton itself relays bytes and never
/// needs this.
#pragma once

#include "proxy/websocket/frame_cursor.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::demo {

struct Frame {
    websocket::Opcode opcode = websocket::Opcode::text;
    bool final = true;
    std::string payload;  ///< unmasked
};

enum class FrameStatus : std::uint8_t { need_more, complete, bad };

struct FrameResult {
    FrameStatus status;
    std::size_t size =
        0;  ///< bytes of the frame with its header; with `need_more`, as many as are known to be needed
};

/// The longest payload that either end of the demo takes; a longer frame is `bad`.
inline constexpr std::size_t longest_payload = 1024 * 1024;

/// Reads the frame that `data` begins with. `bad` when its masking does not fit its sender, a reserved bit is
/// set or the payload is longer than `longest_payload`.
FrameResult read_frame(std::string_view data, websocket::Sender sender, Frame& frame);

/// The frame as bytes; a client's is masked with `mask`.
std::string make_frame(websocket::Sender sender, const Frame& frame, std::uint32_t mask = 0);

}  // namespace baton::demo
