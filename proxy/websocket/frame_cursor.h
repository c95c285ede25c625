/// Where a relayed WebSocket byte stream is: between frames or inside one (RFC 6455 §5.2).
///
/// One cursor a direction. It never holds bytes back; it only watches them pass, so that Baton knows when it
/// may say something of its own between two frames. Plain data: it can be handed over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::upgrade {
class FieldWriter;
class StrictReader;
}  // namespace baton::upgrade

namespace baton::websocket {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Who sends in this direction: clients mask their frames, servers do not.
enum class Sender : std::uint8_t { client, server };

enum class CursorStatus : std::uint8_t {
    ok,
    close_seen,      ///< a Close frame has passed completely: nothing may follow in this direction
    protocol_error,  ///< reserved opcode, wrong masking, oversized or fragmented control frame, 64-bit length
                     ///< with the top bit
    frame_too_large,  ///< above the limit that was set
};

class FrameCursor {
public:
    FrameCursor() = default;
    FrameCursor(Sender sender, std::uint64_t max_frame_size)
        : sender_(sender), max_frame_size_(max_frame_size) {}

    /// Watches `bytes` pass. On `protocol_error` and `frame_too_large`, `passed()` says how many bytes of
    /// them came before the offending frame: only those may be relayed. Bytes behind a Close frame are a
    /// protocol error. After either failure the cursor is of no further use.
    CursorStatus pass(std::string_view bytes);
    std::size_t passed() const { return passed_; }

    /// No frame is under way, so that a control frame may be inserted here.
    bool between_frames() const { return left_ == 0 && header_have_ == 0; }
    std::uint64_t messages() const { return messages_; }  ///< complete data messages
    std::uint64_t frames() const { return frames_; }
    /// A Pong or any data frame has passed since the last `forget_life`.
    bool saw_life() const { return saw_life_; }
    bool saw_data() const { return saw_data_; }
    void forget_life() { saw_life_ = saw_data_ = false; }
    /// Of the Close frame that passed; 1005 when it carried none, 0 before there was one.
    std::uint16_t close_code() const { return close_code_; }

    /// Its place in the stream, for another process. What `unpack` reads must be checked by the reader's
    /// `good()` before it is used.
    void pack(upgrade::FieldWriter& fields) const;
    static FrameCursor unpack(upgrade::StrictReader& fields);

private:
    bool accepts_first(std::uint8_t first) const;
    bool accepts_second(std::uint8_t second) const;
    std::uint8_t header_size() const;
    bool in_payload() const { return header_have_ >= 2 && header_have_ == header_size(); }
    CursorStatus pass_header(std::string_view bytes, std::size_t& taken);
    std::size_t pass_payload(std::string_view bytes);
    CursorStatus begin_frame();
    void end_frame();
    void note_life();

    Sender sender_ = Sender::client;
    std::uint64_t max_frame_size_ = UINT64_MAX;
    std::uint64_t left_ = 0;  // payload bytes of the frame under way
    std::uint64_t messages_ = 0, frames_ = 0;
    std::size_t passed_ = 0;
    std::uint8_t header_[14]{};
    std::uint8_t header_have_ = 0;  // bytes of the present frame's header
    std::uint8_t close_have_ = 0;   // bytes of the close code
    std::uint16_t close_code_ = 0;
    bool in_message_ = false;  // between the fragments of a message
    bool saw_life_ = false, saw_data_ = false, closed_ = false;
};

/// The frames that Baton itself sends. `sender` decides masking. Written into `out` (at least 139 bytes),
/// length returned.
std::size_t write_ping(char* out, Sender sender, std::string_view payload);
std::size_t write_close(char* out, Sender sender, std::uint16_t code, std::string_view reason);

}  // namespace baton::websocket
