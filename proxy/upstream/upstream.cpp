#include "proxy/upstream/upstream.h"

#include "proxy/proxy_tls.h"
#include "proxy/route/template_evaluation.h"

namespace baton::upstream {
namespace {

bool is_the_host(const config::Template& text) {
    return text.parts().size() == 1 && text.parts().front().is_variable &&
           text.parts().front().variable == config::Variable::host;
}

// The name by which an endpoint's certificate is verified. It may depend on the endpoint only: a connection
// in the pool has been verified once for all requests.
std::string server_name(const config::Upstream& settings, const Endpoint& endpoint) {
    route::TemplateValues values;
    values.endpoint = endpoint.host();
    values.upstream = settings.name;
    std::string scratch;
    const std::string_view name =
        route::evaluated(settings.tls.server_name, values, route::Destination::text, scratch);
    return name.empty() ? endpoint.host() : std::string{name};
}

std::optional<TlsTarget> tls_target(const config::Upstream& settings, const Endpoint& endpoint,
                                    ProxyTls* tls) {
    tls::ClientContext* const context = tls == nullptr ? nullptr : tls->upstream(settings.name);
    if (context == nullptr) return {};
    return TlsTarget{&tls->workspace(), context, server_name(settings, endpoint)};
}

}  // namespace

Upstream::Upstream(const config::Upstream& settings, EventLoop& loop, BlockPool& blocks,
                   shared::WorkerSlot& slot, ProxyTls* tls)
    : settings_(settings),
      passes_host_(is_the_host(settings.host)),
      endpoints_(settings),
      balancer_(endpoints_, settings.balance, Random::seeded_by_kernel()) {
    for (const Endpoint& endpoint : endpoints_.all())
        pools_.emplace_back(loop, blocks, slot, endpoint.address(), settings.keepalive,
                            tls_target(settings, endpoint, tls));
}

void Upstream::stop_keeping_connections() {
    for (ConnectionPool& pool : pools_) pool.stop_keeping();
}

}  // namespace baton::upstream
