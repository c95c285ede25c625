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

/// What this build hands over and takes over. A constant of its own object file: tests link another, with
/// which the program is as an older release would be.
extern const upgrade::ParcelKinds kinds_of_this_build;

}  // namespace baton::hand_over
