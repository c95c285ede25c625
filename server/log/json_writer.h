/// Writes one flat or nested JSON value into a caller's buffer: always valid JSON and UTF-8 whatever bytes the peer sent
/// (others become \u00XX), never past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton {

class JsonWriter {
public:
    JsonWriter(char* out, std::size_t capacity) : begin_(out), at_(out), end_(out + capacity) {}

    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    /// The key of the next value; keys are ours and need no escaping.
    JsonWriter& key(std::string_view name);
    /// A string of any bytes. One that does not fit is cut at a character border.
    JsonWriter& value(std::string_view text);
    JsonWriter& value(std::uint64_t number);
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(bool boolean);
    /// Milliseconds with three decimals from nanoseconds, as `1.234`.
    JsonWriter& milliseconds(std::int64_t nanoseconds);
    JsonWriter& raw(std::string_view json);

    std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
    /// Something did not fit: the text is still valid JSON once every opened object and array has been ended.
    bool truncated() const { return truncated_; }

private:
    void separate();
    bool room(std::size_t bytes);
    char* begin_;
    char* at_;
    char* end_;
    bool needs_comma_ = false;
    bool truncated_ = false;
};

}  // namespace baton
