/// Writes fields: tag (2 bytes), length (4 bytes), value; little-endian. A value may be fields again.
///
/// A tag keeps its meaning for ever within its group; what a reader does not know it skips.
#pragma once

#include "server/event/clock.h"
#include "upgrade/hand_over/secret_buffer.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace baton::upgrade {

using Tag = std::uint16_t;

class FieldWriter {
public:
    /// Appends to `out`, which must outlive it.
    explicit FieldWriter(SecretBuffer& out) : out_(&out) {}

    /// 8 bytes, whatever the width of the variable: a later version may need more.
    void number(Tag tag, std::uint64_t value);
    /// An enumeration, whose values keep their meaning for ever then.
    template <class Enumeration>
    requires std::is_enum_v<Enumeration>
    void choice(Tag tag, Enumeration value) { number(tag, static_cast<std::uint64_t>(value)); }
    void text(Tag tag, std::string_view value);
    void flag(Tag tag, bool value) { number(tag, value ? 1 : 0); }
    /// CLOCK_MONOTONIC, nanoseconds; TimePoint::max() is none.
    void time(Tag tag, TimePoint value) {
        number(tag, static_cast<std::uint64_t>(value.time_since_epoch().count()));
    }
    void duration(Tag tag, Duration value) { number(tag, static_cast<std::uint64_t>(value.count())); }
    /// Everything that `write` writes is the value of one field. Groups nest.
    template <class Write>
    void group(Tag tag, const Write& write) {
        const std::size_t begun = begin_group(tag);
        write();
        end_group(begun);
    }
    /// Fields that were written elsewhere.
    void copy(std::string_view fields) { out_->append(fields); }
    std::size_t size() const;

private:
    std::size_t begin_group(Tag tag);
    void end_group(std::size_t begun);

    SecretBuffer* out_;
};

}  // namespace baton::upgrade
