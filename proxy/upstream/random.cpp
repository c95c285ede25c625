#include "proxy/upstream/random.h"

#include "server/assert.h"

#include <sys/random.h>

namespace baton::upstream {

Random Random::seeded_by_kernel() {
    std::uint64_t seed = 0;
    ASSERT(::getrandom(&seed, sizeof(seed), 0) == sizeof(seed));  // so few bytes never come in parts
    return Random(seed);
}

}  // namespace baton::upstream
