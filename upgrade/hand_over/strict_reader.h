/// Reads fields that must be there and within bounds, and says once, at the end, whether all were.
#pragma once

#include "upgrade/hand_over/field_reader.h"

#include <concepts>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

namespace baton::upgrade {

/// What is missing or out of bounds reads as zero, false or empty.
class StrictReader {
public:
    explicit StrictReader(const FieldReader& fields) : fields_(fields) {}

    /// At most `most`, which is what fits `Number`.
    template <std::unsigned_integral Number>
    Number number(Tag tag, Number most = std::numeric_limits<Number>::max()) {
        const auto value = fields_.number(tag);
        if (!value || *value > most) return refuse<Number>();
        return static_cast<Number>(*value);
    }
    /// An enumeration whose greatest value is `last`.
    template <class Enumeration>
    requires std::is_enum_v<Enumeration> Enumeration choice(Tag tag, Enumeration last) {
        return static_cast<Enumeration>(number<std::uint64_t>(tag, static_cast<std::uint64_t>(last)));
    }
    /// CLOCK_MONOTONIC. Neither a time nor a duration is so long that a sum with another could overflow.
    TimePoint time(Tag tag) {
        return TimePoint{Duration{static_cast<std::int64_t>(number<std::uint64_t>(tag, latest))}};
    }
    /// The same, or TimePoint::max() for what never comes.
    TimePoint time_or_never(Tag tag) {
        constexpr auto never = static_cast<std::uint64_t>(TimePoint::max().time_since_epoch().count());
        return fields_.number(tag) == never ? TimePoint::max() : time(tag);
    }
    /// May be negative.
    Duration duration(Tag tag) {
        const auto value = static_cast<std::int64_t>(number<std::uint64_t>(tag));
        require(value <= longest && value >= -longest);
        return Duration{good_ ? value : 0};
    }
    /// The same, without what is below a millisecond.
    std::chrono::milliseconds milliseconds(Tag tag) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(duration(tag));
    }
    /// 0 or 1.
    bool flag(Tag tag) { return number<std::uint8_t>(tag, 1) == 1; }
    /// At most `most` bytes.
    std::string_view text(Tag tag, std::size_t most) {
        const auto value = fields_.text(tag);
        if (!value || value->size() > most) return refuse<std::string_view>();
        return *value;
    }
    /// Exactly `size` bytes.
    std::string_view bytes(Tag tag, std::size_t size) {
        const std::string_view value = text(tag, size);
        return value.size() == size ? value : refuse<std::string_view>();
    }
    FieldReader group(Tag tag) {
        const auto value = fields_.group(tag);
        return value ? *value : refuse<FieldReader>();
    }
    /// Whether it is there at all.
    bool has(Tag tag) const { return fields_.text(tag).has_value(); }
    /// Something else than a single field makes no sense.
    void require(bool holds) { good_ = good_ && holds; }
    bool good() const { return good_; }

private:
    static constexpr std::uint64_t latest = std::uint64_t{1} << 62;  // nanoseconds: 146 years
    static constexpr std::int64_t longest = std::int64_t{1} << 60;   // 36 years

    template <class Value>
    Value refuse() {
        good_ = false;
        return Value{};
    }

    const FieldReader& fields_;
    bool good_ = true;
};

}  // namespace baton::upgrade
