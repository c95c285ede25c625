#include "proxy/upstream/upstream.h"

namespace baton::upstream {

Upstream::Upstream(const config::Upstream& settings, EventLoop& loop, BlockPool& blocks,
                   shared::WorkerSlot& slot)
    : settings_(settings),
      endpoints_(settings),
      balancer_(endpoints_, settings.balance, Random::seeded_by_kernel()) {
    for (const Endpoint& endpoint : endpoints_.all())
        pools_.emplace_back(loop, blocks, slot, endpoint.address(), settings.keepalive);
}

void Upstream::stop_keeping_connections() {
    for (ConnectionPool& pool : pools_) pool.stop_keeping();
}

}  // namespace baton::upstream
