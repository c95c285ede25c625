#include "proxy/http/http1_body_reader.h"

#include <algorithm>

namespace baton::http {

namespace {

std::size_t move_content(ReceiveBuffer& from, ByteQueue& to, std::uint64_t most) {
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(from.size(), most));
    if (bytes > 0) to.append(from.take_slice(bytes));
    return bytes;
}

}  // namespace

BodyProgress Http1BodyReader::read(ReceiveBuffer& from, ByteQueue& to, std::size_t most) {
    if (complete_) return {BodyStatus::complete};
    if (framing_.kind == Framing::chunked) return read_chunked(from, to, most);
    const std::uint64_t left = framing_.kind == Framing::length ? framing_.length - received_ : UINT64_MAX;
    const std::size_t moved = move_content(from, to, std::min<std::uint64_t>(left, most));
    received_ += moved;
    complete_ = moved == left;
    return {complete_ ? BodyStatus::complete : BodyStatus::more, moved};
}

BodyProgress Http1BodyReader::read_chunked(ReceiveBuffer& from, ByteQueue& to, std::size_t most) {
    std::size_t moved = 0;
    for (;;) {
        if (chunks_.phase == ChunkDecoder::Phase::data) {
            const std::size_t bytes =
                move_content(from, to, std::min<std::uint64_t>(chunks_.left, most - moved));
            if (bytes == 0) return {BodyStatus::more, moved};
            chunks_.take_content(bytes);
            moved += bytes;
            received_ += bytes;
            continue;
        }
        if (chunks_.phase == ChunkDecoder::Phase::done) {
            complete_ = true;
            return {BodyStatus::complete, moved};
        }
        if (from.empty()) return {BodyStatus::more, moved};
        std::size_t used = 0;
        const ParseResult framing = chunks_.read_framing(
            from.data(), used, trailer_mode_ == TrailerMode::keep ? &trailers_ : nullptr);
        from.consume(used);
        if (framing.status == ParseStatus::rejected) return {BodyStatus::rejected, moved, framing.rejection};
    }
}

}  // namespace baton::http
