/// Values in the plain-text shapes of the access log.
#pragma once

#include "server/buffer/decimal.h"
#include "server/event/clock.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace baton {

/// Appends text to a caller's room and stops at its end.
class AccessText {
public:
    AccessText(char* out, char* end) : at_(out), end_(end) {}

    void literal(std::string_view text) {
        const std::size_t size = std::min(text.size(), static_cast<std::size_t>(end_ - at_));
        std::memcpy(at_, text.data(), size);
        at_ += size;
    }
    void number(std::uint64_t value) {
        if (end_ - at_ >= 20) at_ = write_decimal(at_, value);
    }
    /// As nginx does: quotes, backslashes, controls and what is not ASCII become `\xXX`.
    void escaped(std::string_view text);
    /// `-` for an empty text.
    void escaped_or_dash(std::string_view text) { text.empty() ? literal("-") : escaped(text); }
    /// `12.345`; `-` when negative.
    void milliseconds(Duration duration);
    char* end() const { return at_; }

private:
    char* at_;
    char* end_;
};

/// `HTTP/1.1` for the log's `http/1.1` and `ws`, `HTTP/2.0` for what ran over HTTP/2.
std::string_view protocol_of_request_line(std::string_view protocol);

}  // namespace baton
