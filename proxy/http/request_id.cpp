#include "proxy/http/request_id.h"

#include "server/assert.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baton::http {

namespace {

void fill_from_kernel(std::span<std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::getrandom(bytes.data(), bytes.size(), 0);
        ASSERT(count > 0 || errno == EINTR);
        if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

using Bytes16 = std::uint8_t __attribute__((vector_size(16)));

// The digits of eight bytes, in lower case as RFC 9562 §4 and Trace Context want them. All at once, because
// every request has 40 bytes written so.
char* put_hexadecimal(char* out, const std::uint8_t* eight_bytes) {
    Bytes16 bytes{};
    std::memcpy(&bytes, eight_bytes, 8);
    const Bytes16 doubled =
        __builtin_shufflevector(bytes, bytes, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    constexpr Bytes16 high{0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0};
    const Bytes16 nibbles = ((doubled >> 4) & high) | (doubled & 0x0f & ~high);
    const Bytes16 beyond_nine = nibbles > 9;
    const Bytes16 digits = nibbles + '0' + (beyond_nine & ('a' - '0' - 10));
    std::memcpy(out, &digits, 16);
    return out + 16;
}

bool is_lower_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

}  // namespace

IdSource::IdSource() : fill_(&fill_from_kernel) {}

std::span<const std::uint8_t> IdSource::random(std::size_t count) {
    if (pool_.size() - used_ < count) {
        fill_(pool_);
        used_ = 0;
    }
    used_ += count;
    return std::span(pool_).subspan(used_ - count, count);
}

std::string_view IdSource::make_uuid(WallTime now, std::span<char, uuid_length> out) {
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const auto millisecond = static_cast<std::uint64_t>(std::max<std::int64_t>(since_epoch, 0));
    const auto noise = random(10);
    if (millisecond > last_millisecond_) {
        last_millisecond_ = millisecond;
        // Starts in the lower half, so that there is room to count up (RFC 9562 §6.2, method 1).
        counter_ = static_cast<std::uint32_t>((noise[8] << 8 | noise[9]) & 0x7ff);
    } else if (++counter_ > 0xfff) {
        ++last_millisecond_;  // runs ahead of the clock rather than repeat or go back
        counter_ = 0;
    }

    std::array<std::uint8_t, 16> bytes;
    for (std::size_t i = 0; i < 6; ++i)
        bytes[i] = static_cast<std::uint8_t>(last_millisecond_ >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);  // version 7
    bytes[7] = static_cast<std::uint8_t>(counter_);
    std::copy_n(noise.begin(), 8, bytes.begin() + 8);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);  // variant of RFC 9562

    // 8-4-4-4-12 digits.
    std::array<char, 32> digits;
    put_hexadecimal(put_hexadecimal(digits.data(), bytes.data()), bytes.data() + 8);
    char* const text = out.data();
    text[8] = text[13] = text[18] = text[23] = '-';
    std::memcpy(text, digits.data(), 8);
    std::memcpy(text + 9, digits.data() + 8, 4);
    std::memcpy(text + 14, digits.data() + 12, 4);
    std::memcpy(text + 19, digits.data() + 16, 4);
    std::memcpy(text + 24, digits.data() + 20, 12);
    return {out.data(), out.size()};
}

std::string_view IdSource::make_traceparent(std::span<char, traceparent_length> out) {
    std::array<std::uint8_t, 24> bytes;
    std::ranges::copy(random(bytes.size()), bytes.begin());
    bytes[0] |= 1;  // neither id may be all zero
    bytes[16] |= 1;
    char* const text = out.data();
    std::memcpy(text, "00-", 3);
    put_hexadecimal(put_hexadecimal(text + 3, bytes.data()), bytes.data() + 8);
    text[35] = '-';
    put_hexadecimal(text + 36, bytes.data() + 16);
    std::memcpy(text + 52, "-01", 3);
    return {out.data(), out.size()};
}

std::string_view IdSource::request_id(const config::RequestId& settings, bool peer_trusted,
                                      const FieldList& fields, WallTime now, IdBuffers& buffers) {
    if (settings.trust && peer_trusted) {
        const Field* sent = fields.find(settings.header);
        if (sent != nullptr && is_acceptable_request_id(sent->value)) return sent->value;
    }
    return make_uuid(now, buffers.request_id);
}

Trace IdSource::trace(const FieldList& fields, IdBuffers& buffers) {
    if (fields.has(FieldId::traceparent)) {
        const auto is_one = [](const Field& field) { return field.id == FieldId::traceparent; };
        const std::string_view sent = fields.first(FieldId::traceparent);
        if (std::ranges::count_if(fields, is_one) == 1 && is_valid_traceparent(sent)) {
            return {sent, sent.substr(3, 32), false};
        }
    }
    const std::string_view made = make_traceparent(buffers.traceparent);
    return {made, made.substr(3, 32), true};
}

bool is_acceptable_request_id(std::string_view id) {
    return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("-_.:+/=@").find(c) != std::string_view::npos;
    });
}

bool is_valid_traceparent(std::string_view value) {
    if (value.size() < traceparent_length) return false;
    const std::string_view version = value.substr(0, 2);
    const std::string_view trace_id = value.substr(3, 32);
    const std::string_view parent_id = value.substr(36, 16);
    if (value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
    if (!is_lower_hexadecimal(version) || version == "ff") return false;
    if (value.size() > traceparent_length && (version == "00" || value[traceparent_length] != '-'))
        return false;
    return is_lower_hexadecimal(trace_id) && !is_zero(trace_id) && is_lower_hexadecimal(parent_id) &&
           !is_zero(parent_id) && is_lower_hexadecimal(value.substr(53, 2));
}

}  // namespace baton::http
