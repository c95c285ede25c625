#include "server/log/json_writer.h"

#include "server/buffer/decimal.h"
#include "server/log/json_text.h"

#include <charconv>

namespace baton {

bool JsonWriter::start_value(std::size_t least) {
    if (skipped_depth_ != 0) return false;
    if (value_left_out_) {
        value_left_out_ = false;
        return false;
    }
    if (!room(least + (needs_comma_ ? 1 : 0))) return false;
    if (needs_comma_) *at_++ = ',';
    needs_comma_ = true;
    return true;
}

JsonWriter& JsonWriter::open(char bracket) {
    if (!start_value(2)) {
        ++skipped_depth_;
        return *this;
    }
    *at_++ = bracket;
    ++depth_;
    needs_comma_ = false;
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    if (skipped_depth_ != 0) {
        --skipped_depth_;
        return *this;
    }
    if (depth_ == 0) return *this;
    --depth_;
    *at_++ = bracket;
    needs_comma_ = true;
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    if (!start_value(2)) return *this;
    *at_++ = '"';
    at_ = copy_json_text(at_, limit() - 1, text, truncated_);
    *at_++ = '"';
    return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
    if (start_value(longest_scalar - 1)) at_ = write_decimal(at_, number);
    return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
    if (start_value(longest_scalar - 1)) at_ = std::to_chars(at_, limit(), number).ptr;
    return *this;
}

JsonWriter& JsonWriter::milliseconds(std::int64_t nanoseconds) {
    if (!start_value(longest_scalar - 1)) return *this;
    if (nanoseconds < 0) *at_++ = '-';
    const auto sign_free = static_cast<std::uint64_t>(nanoseconds);
    at_ = write_milliseconds(at_, (nanoseconds < 0 ? 0 - sign_free : sign_free) / 1000);
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    if (!start_value(4)) return *this;
    if (!room(json.size())) json = "null";
    std::memcpy(at_, json.data(), json.size());
    at_ += json.size();
    return *this;
}

}  // namespace baton
