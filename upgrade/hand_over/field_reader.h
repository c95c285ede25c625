/// Reads what FieldWriter has written, from a process that is not trusted to be of the same version.
#pragma once

#include "server/event/clock.h"
#include "server/result.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace baton::upgrade {

using Tag = std::uint16_t;

/// Views into bytes that must outlive it.
class FieldReader {
public:
    FieldReader() = default;
    /// Fails with `bad_message` unless `bytes` are whole fields, one behind the other.
    static Result<FieldReader> over(std::string_view bytes);

    /// The first field of that tag; nothing when there is none, or when it is no number.
    std::optional<std::uint64_t> number(Tag tag) const;
    std::optional<std::string_view> text(Tag tag) const;
    /// Absent is false.
    bool flag(Tag tag) const { return number(tag).value_or(0) != 0; }
    std::optional<TimePoint> time(Tag tag) const;
    std::optional<Duration> duration(Tag tag) const;
    /// Nothing as well when the value is not whole fields.
    std::optional<FieldReader> group(Tag tag) const;
    bool empty() const { return bytes_.empty(); }

private:
    explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}
    std::string_view bytes_;
    std::uint64_t present_ = 0;  // a bit for some of all tags: set where one of them is there
    // Fields are mostly asked for in their order: the search begins behind those that were passed.
    mutable std::size_t next_ = 0;
    mutable std::uint64_t passed_ = 0;  // bits as above of the fields before next_
};

}  // namespace baton::upgrade
