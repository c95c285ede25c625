/// Writes one flat or nested JSON value into a caller's buffer: always valid JSON and UTF-8 whatever bytes
/// the peer sent (others become \u00XX), never past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace baton {

/// No allocation. A value costs about its length divided by 16 steps when it is plain ASCII, which nearly all
/// are.
///
/// Room for closing what is open is set aside, so that a full buffer still ends as valid JSON: a string is
/// cut, any other value is left out with its key.
class JsonWriter {
public:
    JsonWriter(char* out, std::size_t capacity) : begin_(out), at_(out), end_(out + capacity) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    /// The key of the next value; keys are ours and need no escaping.
    JsonWriter& key(std::string_view name) {
        if (skipped_depth_ != 0) return *this;
        if (!room(name.size() + 4 + longest_scalar)) {
            value_left_out_ = true;
            return *this;
        }
        if (needs_comma_) *at_++ = ',';
        needs_comma_ = false;
        *at_++ = '"';
        std::memcpy(at_, name.data(), name.size());
        at_ += name.size();
        *at_++ = '"';
        *at_++ = ':';
        return *this;
    }
    /// A string of any bytes. One that does not fit is cut at a character border.
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text) { return value(std::string_view(text)); }
    JsonWriter& value(std::uint64_t number);
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(unsigned number) { return value(std::uint64_t{number}); }
    JsonWriter& value(int number) { return value(std::int64_t{number}); }
    JsonWriter& value(bool boolean) { return raw(boolean ? "true" : "false"); }
    /// Milliseconds with three decimals from nanoseconds, as `1.234`.
    JsonWriter& milliseconds(std::int64_t nanoseconds);
    /// A value that is JSON already. One that does not fit becomes `null`.
    JsonWriter& raw(std::string_view json);

    std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
    std::string_view text() const { return {begin_, size()}; }
    /// Something did not fit: the text is still valid JSON once every opened object and array has been ended.
    bool truncated() const { return truncated_; }

private:
    /// Digits of the longest number with sign, point and a few more: what a key sets aside for its value.
    static constexpr std::size_t longest_scalar = 24;

    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    bool start_value(std::size_t least);
    char* limit() const { return end_ - depth_; }
    bool room(std::size_t bytes) {
        if (at_ <= limit() && bytes <= static_cast<std::size_t>(limit() - at_)) return true;
        truncated_ = true;
        return false;
    }

    char* begin_;
    char* at_;
    char* end_;
    std::size_t depth_ = 0;          // opened and not ended: as many bytes are set aside
    std::size_t skipped_depth_ = 0;  // opened where there was no room: all inside is left out
    bool needs_comma_ = false;
    bool value_left_out_ = false;  // the key had no room, so its value must not be written either
    bool truncated_ = false;
};

}  // namespace baton
