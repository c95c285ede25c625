/// Writes new HTTP/1 messages. There is no path from received bytes to sent framing: a head is written field
/// by field.
#pragma once

#include "proxy/http/heads.h"
#include "server/buffer/byte_queue.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace baton::http {

/// Writes one head to the end of a queue. Names and values must have passed the parser or be ours. Nobody
/// else touches the queue before `end`, which makes the whole head part of it.
class HeadWriter {
public:
    explicit HeadWriter(ByteQueue& out) : out_(out) {}
    /// `GET /path?query HTTP/1.1`; `query` is added with `?` when `has_query`.
    void request_line(std::string_view method, std::string_view path, std::string_view query, bool has_query);
    /// `HTTP/1.1 200 OK`; an empty reason is replaced by the usual one.
    void status_line(std::uint16_t status, std::string_view reason = {});
    void field(std::string_view name, std::string_view value);
    /// A value in several pieces.
    void field(std::string_view name, std::initializer_list<std::string_view> value);
    void field(std::string_view name, std::uint64_t value);
    void end();

private:
    void reserve(std::size_t bytes);
    void take_room(std::size_t bytes);
    void put(std::string_view bytes);
    void write(std::string_view bytes);

    ByteQueue& out_;
    std::span<char> room_;  // prepared in the queue
    std::size_t used_ = 0;  // bytes of it
};

/// `chunk size CRLF` before and CRLF behind `content`, moved without copying. An empty content writes
/// nothing: it would be the last chunk.
void write_chunk(ByteQueue& out, ByteQueue&& content);
/// `0 CRLF CRLF`.
void write_last_chunk(ByteQueue& out);
/// The same with `trailers` between; the caller has chosen them (`allowed_in_trailers`).
void write_last_chunk(ByteQueue& out, const FieldList& trailers);
/// The usual reason phrase; `Unknown` for a status without one.
std::string_view reason_phrase(std::uint16_t status);
/// A time as an IMF-fixdate (RFC 9110 §5.6.7), formatted once a second. `unix_seconds` from the year 0 to
/// 9999. The view is valid until the next call with another second.
std::string_view http_date(std::int64_t unix_seconds);

}  // namespace baton::http
