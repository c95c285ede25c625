/// What one live connection is when it crosses to another process: fields, and descriptors beside them.
#pragma once

#include "server/event/fd.h"
#include "upgrade/hand_over/field_reader.h"
#include "upgrade/hand_over/field_writer.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace baton::upgrade {

/// What kinds there are is the service's business; those that a side understands are the bits of a mask.
using ParcelKind = std::uint16_t;
using ParcelKinds = std::uint64_t;
inline constexpr ParcelKinds mask_of(ParcelKind kind) {
    return ParcelKinds{1} << kind;
}

/// A connection needs no more descriptors than its two sides.
inline constexpr std::size_t most_descriptors_of_parcel = 2;

/// Why the successor does not take a connection, which then stays where it is.
enum class Refusal : std::uint8_t {
    unknown_kind = 1,
    malformed = 2,  ///< a field is missing or makes no sense
    no_place = 3,   ///< its listener, route or upstream is not in the successor's configuration
    out_of_descriptors = 4,
    out_of_memory = 5,
    unsupported = 6,  ///< a field says something that this version cannot go on with
};
std::string_view to_string(Refusal refusal);

/// A parcel that has arrived. Its fields lie in memory that the receiver wipes after the window.
struct ArrivedParcel {
    ParcelKind kind = 0;
    FieldReader fields;
    std::vector<Fd> descriptors;
};

}  // namespace baton::upgrade
