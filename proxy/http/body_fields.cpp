/// A body reader as fields of a parcel.
#include "proxy/http/http1_body_reader.h"
#include "upgrade/hand_over/field_writer.h"
#include "upgrade/hand_over/strict_reader.h"

#include <utility>

namespace baton::http {
namespace {

/// docs/control_protocol.md lists them.
namespace tag {
enum : upgrade::Tag {
    kind = 1,
    length,
    received,
    complete,
    trailer_mode,
    trailers,
    chunk_phase,
    chunk_digits,
    chunk_left,
    chunk_content,
    chunk_overhead,
    chunk_line,
};
}  // namespace tag

}  // namespace

void Http1BodyReader::pack(upgrade::FieldWriter& fields) const {
    fields.choice(tag::kind, framing_.kind);
    fields.number(tag::length, framing_.length);
    fields.number(tag::received, received_);
    fields.flag(tag::complete, complete_);
    fields.choice(tag::trailer_mode, trailer_mode_);
    fields.text(tag::trailers, trailers_);
    fields.choice(tag::chunk_phase, chunks_.phase);
    fields.number(tag::chunk_digits, chunks_.digits);
    fields.number(tag::chunk_left, chunks_.left);
    fields.number(tag::chunk_content, chunks_.content);
    fields.number(tag::chunk_overhead, chunks_.overhead);
    fields.number(tag::chunk_line, chunks_.line);
}

Http1BodyReader Http1BodyReader::unpack(upgrade::StrictReader& fields) {
    Http1BodyReader reader;
    reader.framing_.kind = fields.choice(tag::kind, Framing::until_close);
    reader.framing_.length = fields.number<std::uint64_t>(tag::length);
    reader.received_ = fields.number<std::uint64_t>(tag::received);
    reader.complete_ = fields.flag(tag::complete);
    reader.trailer_mode_ = fields.choice(tag::trailer_mode, TrailerMode::keep);
    reader.trailers_ = fields.text(tag::trailers, ChunkDecoder::longest_trailers);
    reader.chunks_.phase = fields.choice(tag::chunk_phase, ChunkDecoder::Phase::done);
    reader.chunks_.digits = fields.number<std::uint8_t>(tag::chunk_digits, 16);
    reader.chunks_.left = fields.number<std::uint64_t>(tag::chunk_left, INT64_MAX);
    reader.chunks_.content = fields.number<std::uint64_t>(tag::chunk_content);
    reader.chunks_.overhead = fields.number<std::uint64_t>(tag::chunk_overhead);
    reader.chunks_.line = fields.number<std::uint32_t>(tag::chunk_line, ChunkDecoder::longest_trailers);
    fields.require(reader.framing_.kind != Framing::length || reader.received_ <= reader.framing_.length);
    return reader;
}

}  // namespace baton::http
