#include "proxy/upstream/upstream.h"

namespace baton::upstream {
namespace {

bool is_the_host(const config::Template& text) {
    return text.parts().size() == 1 && text.parts().front().is_variable &&
           text.parts().front().variable == config::Variable::host;
}

}  // namespace

Upstream::Upstream(const config::Upstream& settings, EventLoop& loop, BlockPool& blocks,
                   shared::WorkerSlot& slot)
    : settings_(settings),
      passes_host_(is_the_host(settings.host)),
      endpoints_(settings),
      balancer_(endpoints_, settings.balance, Random::seeded_by_kernel()) {
    for (const Endpoint& endpoint : endpoints_.all())
        pools_.emplace_back(loop, blocks, slot, endpoint.address(), settings.keepalive);
}

void Upstream::stop_keeping_connections() {
    for (ConnectionPool& pool : pools_) pool.stop_keeping();
}

}  // namespace baton::upstream
