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

// The two digits of every byte, in lower case as RFC 9562 §4 and Trace Context want them. A table, because
// every request has about 40 bytes written so.
constexpr std::array<std::array<char, 2>, 256> digits_of = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> table{};
    for (std::size_t byte = 0; byte < table.size(); ++byte)
        table[byte] = {digits[byte >> 4], digits[byte & 15]};
    return table;
}();

char* put_hexadecimal(char* out, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t byte : bytes) {
        std::memcpy(out, digits_of[byte].data(), 2);
        out += 2;
    }
    return out;
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

    const std::span<const std::uint8_t> all(bytes);
    char* end = out.data();
    end = put_hexadecimal(end, all.first(4));
    for (std::size_t from = 4; from < 10; from += 2) {
        *end++ = '-';
        end = put_hexadecimal(end, all.subspan(from, 2));
    }
    *end++ = '-';
    put_hexadecimal(end, all.subspan(10));
    return {out.data(), out.size()};
}

std::string_view IdSource::make_traceparent(std::span<char, traceparent_length> out) {
    std::array<std::uint8_t, 24> bytes;
    std::ranges::copy(random(bytes.size()), bytes.begin());
    bytes[0] |= 1;  // neither id may be all zero
    bytes[16] |= 1;
    const std::span<const std::uint8_t> all(bytes);
    char* end = std::ranges::copy(std::string_view("00-"), out.data()).out;
    end = put_hexadecimal(end, all.first(16));
    *end++ = '-';
    end = put_hexadecimal(end, all.subspan(16));
    std::ranges::copy(std::string_view("-01"), end);
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
