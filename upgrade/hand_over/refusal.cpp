#include "server/assert.h"
#include "upgrade/hand_over/parcel.h"

namespace baton::upgrade {

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
        case Refusal::unknown_kind: return "unknown_kind";
        case Refusal::malformed: return "malformed";
        case Refusal::no_place: return "no_place";
        case Refusal::out_of_descriptors: return "out_of_descriptors";
        case Refusal::out_of_memory: return "out_of_memory";
        case Refusal::unsupported: return "unsupported";
    }
    ASSERT(false);
}

}  // namespace baton::upgrade
