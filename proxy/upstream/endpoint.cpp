#include "proxy/upstream/endpoint.h"

#include <algorithm>

namespace baton::upstream {

void Endpoint::connect_failed(TimePoint now) {
    constexpr Duration longest = std::chrono::seconds(10);
    const Duration rest = std::chrono::seconds(1 << std::min(consecutive_failures_, 4U));
    ++consecutive_failures_;
    resting_until_ = now + std::min(rest, longest);
}

}  // namespace baton::upstream
