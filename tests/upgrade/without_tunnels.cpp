// Takes the place of proxy/hand_over/parcel_kinds.cpp in a Baton that neither hands over nor takes tunnels.
#include "proxy/hand_over/parcel_kinds.h"

namespace baton::hand_over {

const upgrade::ParcelKinds kinds_of_this_build = upgrade::mask_of(connection) | upgrade::mask_of(exchange);

}  // namespace baton::hand_over
