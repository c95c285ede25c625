#include "proxy/http/http1_writer.h"

#include "server/buffer/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace baton::http {

namespace {

constexpr std::size_t usual_head_size = 1024;
// A longer piece is left to the queue, which spreads it over blocks.
constexpr std::size_t longest_in_one_piece = 4096;

/// Copies `bytes` to where there is room; returns the end of the copy. Most pieces are short: two overlapping
/// moves are cheaper than a call.
[[gnu::always_inline]] inline char* copy(char* to, std::string_view bytes) {
    const char* from = bytes.data();
    const std::size_t size = bytes.size();
    if (size > 32) {
        std::memcpy(to, from, size);
    } else if (size >= 16) {
        std::memcpy(to, from, 16);
        std::memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        std::memcpy(to, from, 8);
        std::memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        std::memcpy(to, from, 4);
        std::memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
    }
    return to + size;
}

}  // namespace

/// Makes room for `bytes`, at most about `longest_in_one_piece`.
inline void HeadWriter::reserve(std::size_t bytes) {
    if (room_.size() - used_ < bytes) [[unlikely]]
        take_room(bytes);
}

void HeadWriter::take_room(std::size_t bytes) {
    if (used_ > 0) out_.commit(used_);
    used_ = 0;
    room_ = out_.prepare(std::max(bytes, usual_head_size));
}

void HeadWriter::put(std::string_view bytes) {
    used_ = static_cast<std::size_t>(copy(room_.data() + used_, bytes) - room_.data());
}

void HeadWriter::write(std::string_view bytes) {
    if (bytes.size() <= longest_in_one_piece) {
        reserve(bytes.size());
        return put(bytes);
    }
    if (used_ > 0) out_.commit(used_);
    used_ = 0;
    room_ = {};
    out_.append(bytes);
}

void HeadWriter::request_line(std::string_view method, std::string_view path, std::string_view query,
                              bool has_query) {
    constexpr std::string_view version = " HTTP/1.1\r\n";
    if (method.size() + path.size() + query.size() > longest_in_one_piece) {
        for (const std::string_view piece : {method, std::string_view{" "}, path}) write(piece);
        if (has_query) {
            write("?");
            write(query);
        }
        return write(version);
    }
    reserve(method.size() + path.size() + query.size() + version.size() + 2);
    char* at = copy(room_.data() + used_, method);
    *at++ = ' ';
    at = copy(at, path);
    if (has_query) {
        *at++ = '?';
        at = copy(at, query);
    }
    at = copy(at, version);
    used_ = static_cast<std::size_t>(at - room_.data());
}

void HeadWriter::status_line(std::uint16_t status, std::string_view reason) {
    if (reason.empty()) reason = reason_phrase(status);
    constexpr std::string_view version = "HTTP/1.1 ";
    reserve(version.size() + reason.size() + 6);
    char* at = copy(room_.data() + used_, version);
    *at++ = static_cast<char>('0' + status / 100 % 10);
    *at++ = static_cast<char>('0' + status / 10 % 10);
    *at++ = static_cast<char>('0' + status % 10);
    *at++ = ' ';
    at = copy(at, reason);
    *at++ = '\r';
    *at = '\n';
    used_ += version.size() + reason.size() + 6;
}

void HeadWriter::field(std::string_view name, std::string_view value) {
    const std::size_t size = name.size() + value.size() + 4;
    if (size > longest_in_one_piece) return field(name, {value});
    reserve(size);
    char* at = copy(room_.data() + used_, name);
    *at++ = ':';
    *at++ = ' ';
    at = copy(at, value);
    *at++ = '\r';
    *at = '\n';
    used_ += size;
}

void HeadWriter::field(std::string_view name, std::initializer_list<std::string_view> value) {
    write(name);
    write(": ");
    for (const std::string_view piece : value) write(piece);
    write("\r\n");
}

void HeadWriter::field(std::string_view name, std::uint64_t value) {
    std::array<char, 20> digits __attribute__((uninitialized));
    const char* const end = write_decimal(digits.data(), value);
    field(name, std::string_view{digits.data(), end});
}

void HeadWriter::end() {
    reserve(2);
    put("\r\n");
    out_.commit(used_);
    used_ = 0;
    room_ = {};
}

void write_chunk(ByteQueue& out, ByteQueue&& content) {
    if (content.empty()) return;
    constexpr std::size_t longest_line = 16 + 2;
    const std::span<char> line = out.prepare(longest_line);
    char* at = std::to_chars(line.data(), line.data() + 16, content.size(), 16).ptr;
    *at++ = '\r';
    *at++ = '\n';
    out.commit(static_cast<std::size_t>(at - line.data()));
    out.append(std::move(content));
    out.append("\r\n");
}

void write_last_chunk(ByteQueue& out) {
    out.append("0\r\n\r\n");
}

void write_last_chunk(ByteQueue& out, const FieldList& trailers) {
    out.append("0\r\n");
    HeadWriter lines{out};
    for (const Field& trailer : trailers) lines.field(trailer.name, trailer.value);
    lines.end();
}

}  // namespace baton::http
