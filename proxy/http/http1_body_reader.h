/// Takes a message body off a connection according to its framing: what it passes on is content only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"
#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"

namespace baton::http {

enum class BodyStatus : std::uint8_t { more, complete, rejected };

struct BodyProgress {
    BodyStatus status;
    std::size_t content = 0;  ///< bytes of content moved to the queue by this call
    Rejection rejection{};
};

/// The chunked coding's decoder (RFC 9112 §7.1), strict: CRLF only, extensions parsed and dropped, sizes of at most 16
/// digits. A chunk line is at most 4 KiB; overhead in all at most 16 × content + 64 KiB. Plain data: it can be handed over.
struct ChunkDecoder {
    enum class Phase : std::uint8_t {
        size_start, size, extension, quoted, quoted_escape, size_lf, data, data_cr, data_lf,
        trailer_start, trailer_line, trailer_lf, end_lf, done,
    };
    Phase phase = Phase::size_start;
    std::uint8_t digits = 0;
    std::uint64_t left = 0;      // of the chunk's size while reading it, then of its data
    std::uint64_t content = 0;   // bytes delivered
    std::uint64_t overhead = 0;  // bytes of framing
    std::uint32_t line = 0;      // bytes of the present chunk or trailer line
};

class Http1BodyReader {
public:
    Http1BodyReader() = default;
    explicit Http1BodyReader(BodyFraming framing);

    /// Moves content from `from` to the end of `to` (as slices, not copied), at most about `most` bytes of it, and consumes
    /// its framing. `complete` once the body has ended: bytes behind it stay in `from`. A body until close never completes
    /// here; `ended_by_close` says whether a close was its end.
    BodyProgress read(ReceiveBuffer& from, ByteQueue& to, std::size_t most);
    bool complete() const { return complete_; }
    /// The peer has closed: true when the body is complete by that (RFC 9112 §8).
    bool ended_by_close() const { return complete_ || framing_.kind == Framing::until_close; }
    /// Content bytes so far.
    std::uint64_t received() const { return received_; }
    const BodyFraming& framing() const { return framing_; }

private:
    BodyProgress read_chunked(ReceiveBuffer& from, ByteQueue& to, std::size_t most);

    BodyFraming framing_;
    ChunkDecoder chunks_;
    std::uint64_t received_ = 0;
    bool complete_ = true;
};

}  // namespace baton::http
