/// What kinds of connections cross from one generation to the next. docs/control_protocol.md lists their
/// fields.
#pragma once

#include "upgrade/hand_over/parcel.h"

namespace baton::hand_over {

/// A client's HTTP/1 connection between two requests, or with part of a head received.
inline constexpr upgrade::ParcelKind connection = 1;
/// A client's HTTP/1 connection with an exchange under way, and the endpoint's.
inline constexpr upgrade::ParcelKind exchange = 2;
/// Two connections joined after a protocol switch.
inline constexpr upgrade::ParcelKind tunnel = 3;

inline constexpr upgrade::ParcelKinds all_kinds =
    upgrade::mask_of(connection) | upgrade::mask_of(exchange) | upgrade::mask_of(tunnel);

}  // namespace baton::hand_over
