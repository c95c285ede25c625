#include "upgrade/fault_point.h"

namespace baton::upgrade {

void reach(FaultPoint) noexcept {}

}  // namespace baton::upgrade
