#include "proxy/hand_over/parcel_kinds.h"

namespace baton::hand_over {

const upgrade::ParcelKinds kinds_of_this_build =
    upgrade::mask_of(connection) | upgrade::mask_of(exchange) | upgrade::mask_of(tunnel);

}  // namespace baton::hand_over
