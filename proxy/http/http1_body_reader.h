/// Takes a message body off a connection according to its framing: what it passes on is content only.
#pragma once

#include "proxy/http/chunk_decoder.h"
#include "proxy/http/heads.h"
#include "proxy/http/http1_parser.h"
#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::upgrade {
class FieldWriter;
class StrictReader;
}  // namespace baton::upgrade

namespace baton::http {

enum class BodyStatus : std::uint8_t { more, complete, rejected };

struct BodyProgress {
    BodyStatus status = BodyStatus::more;
    std::size_t content = 0;  ///< bytes of content moved to the queue by this call
    Rejection rejection{};
};

/// What becomes of the trailer section of a chunked body. It is checked in either case.
enum class TrailerMode : std::uint8_t { drop, keep };

class Http1BodyReader {
public:
    Http1BodyReader() = default;
    explicit Http1BodyReader(BodyFraming framing, TrailerMode trailers = TrailerMode::drop)
        : framing_(framing),
          trailer_mode_(trailers),
          complete_(framing.kind == Framing::none ||
                    (framing.kind == Framing::length && framing.length == 0)) {}

    /// Begins anew with another message on the same connection; cheaper than a new reader.
    void restart(BodyFraming framing, TrailerMode trailers = TrailerMode::drop) {
        framing_ = framing;
        chunks_ = ChunkDecoder{};
        received_ = 0;
        if (!trailers_.empty()) trailers_.clear();
        trailer_mode_ = trailers;
        complete_ = framing.kind == Framing::none || (framing.kind == Framing::length && framing.length == 0);
    }

    /// Moves content from `from` to the end of `to` (as slices, not copied), at most about `most` bytes of
    /// it, and consumes its framing. `complete` once the body has ended: bytes behind it stay in `from`. A
    /// body until close never completes here; `ended_by_close` says whether a close was its end.
    BodyProgress read(ReceiveBuffer& from, ByteQueue& to, std::size_t most);
    bool complete() const { return complete_; }
    /// The peer has closed: true when the body is complete by that (RFC 9112 §8).
    bool ended_by_close() const { return complete_ || framing_.kind == Framing::until_close; }
    /// Content bytes so far.
    std::uint64_t received() const { return received_; }
    const BodyFraming& framing() const { return framing_; }
    /// The trailer lines with their CR LF, with TrailerMode::keep and a complete body; see `parse_trailers`.
    /// Valid as long as the reader.
    std::string_view trailers() const { return trailers_; }

    /// How far it is, for another process. What `unpack` reads must be checked by the reader's `good()`.
    void pack(upgrade::FieldWriter& fields) const;
    static Http1BodyReader unpack(upgrade::StrictReader& fields);

private:
    BodyProgress read_chunked(ReceiveBuffer& from, ByteQueue& to, std::size_t most);

    BodyFraming framing_;
    ChunkDecoder chunks_;
    std::uint64_t received_ = 0;
    std::string trailers_;  // empty for nearly every body
    TrailerMode trailer_mode_ = TrailerMode::drop;
    bool complete_ = true;
};

}  // namespace baton::http
