#include "upgrade/hand_over/field_reader.h"

namespace baton::upgrade {
namespace {

constexpr std::size_t header_size = 6;
constexpr std::size_t number_size = 8;

std::uint64_t get(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    return value;
}

Tag tag_of(std::string_view field) {
    return static_cast<Tag>(get(field.substr(0, 2)));
}

/// Of the value, in bytes; `field` has a whole header.
std::size_t length_of(std::string_view field) {
    return static_cast<std::size_t>(get(field.substr(2, 4)));
}

/// Different tags may share a bit: that a bit is missing is what says something.
std::uint64_t bit_of(Tag tag) {
    return std::uint64_t{1} << (tag % 64);
}

}  // namespace

Result<FieldReader> FieldReader::over(std::string_view bytes) {
    FieldReader reader{bytes};
    while (!bytes.empty()) {
        if (bytes.size() < header_size || length_of(bytes) > bytes.size() - header_size)
            return failure(Reason::bad_message, Side::internal);
        reader.present_ |= bit_of(tag_of(bytes));
        bytes.remove_prefix(header_size + length_of(bytes));
    }
    return reader;
}

std::optional<std::uint64_t> FieldReader::number(Tag tag) const {
    const auto value = text(tag);
    if (!value || value->size() != number_size) return std::nullopt;
    return get(*value);
}

std::optional<std::string_view> FieldReader::text(Tag tag) const {
    if ((present_ & bit_of(tag)) == 0) return std::nullopt;
    std::size_t at = (passed_ & bit_of(tag)) == 0 ? next_ : 0;
    while (at < bytes_.size()) {
        const std::string_view field = bytes_.substr(at);
        const std::string_view value = field.substr(header_size, length_of(field));
        at += header_size + value.size();
        if (at > next_) {
            next_ = at;
            passed_ |= bit_of(tag_of(field));
        }
        if (tag_of(field) == tag) return value;
    }
    return std::nullopt;
}

std::optional<TimePoint> FieldReader::time(Tag tag) const {
    const auto since_epoch = duration(tag);
    if (!since_epoch) return std::nullopt;
    return TimePoint{*since_epoch};
}

std::optional<Duration> FieldReader::duration(Tag tag) const {
    const auto nanoseconds = number(tag);
    if (!nanoseconds) return std::nullopt;
    return Duration{static_cast<Duration::rep>(*nanoseconds)};
}

std::optional<FieldReader> FieldReader::group(Tag tag) const {
    const auto value = text(tag);
    if (!value) return std::nullopt;
    auto fields = over(*value);
    if (!fields) return std::nullopt;
    return *fields;
}

}  // namespace baton::upgrade
