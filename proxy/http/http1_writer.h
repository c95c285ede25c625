/// Writes new HTTP/1 messages. There is no path from received bytes to sent framing: a head is written field by field.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/http/heads.h"
#include "server/buffer/byte_queue.h"

namespace baton::http {

/// Writes one head to the end of a queue. Names and values must have passed the parser or be ours.
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
    ByteQueue& out_;
};

/// `chunk size CRLF` before and CRLF behind `content`, moved without copying. An empty content writes nothing: it would be
/// the last chunk.
void write_chunk(ByteQueue& out, ByteQueue&& content);
/// `0 CRLF CRLF`.
void write_last_chunk(ByteQueue& out);
/// The usual reason phrase; `Unknown` for a status without one.
std::string_view reason_phrase(std::uint16_t status);
/// The present time as an IMF-fixdate (RFC 9110 §5.6.7), formatted once a second.
std::string_view http_date(std::int64_t unix_seconds);

}  // namespace baton::http
