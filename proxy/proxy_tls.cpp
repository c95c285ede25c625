#include "proxy/proxy_tls.h"

#include <algorithm>

namespace baton {

namespace {

bool has_tls(const config::Config& config) {
    return std::ranges::any_of(config.listeners, &config::Listener::tls) ||
           std::ranges::any_of(config.upstreams,
                               [](const auto& upstream) { return upstream.second.tls.enabled; });
}

}  // namespace

ProxyTls::ProxyTls(const WorkerContext& worker)
    : material_(worker.material), workspace_(worker.slot), tickets_(worker.ticket_keys) {}

tl::expected<std::unique_ptr<ProxyTls>, std::string> ProxyTls::create(const WorkerContext& worker) {
    const config::Config& config = *worker.config;
    if (!has_tls(config)) return nullptr;
    if (!worker.material) return tl::unexpected(std::string{"no certificates were loaded"});
    std::unique_ptr<ProxyTls> all{new ProxyTls(worker)};
    all->listeners_.resize(config.listeners.size());
    for (std::size_t i = 0; i < config.listeners.size(); ++i) {
        if (!config.listeners[i].tls) continue;
        auto context = tls::ServerContext::create(worker.config, i, worker.material, all->tickets_);
        if (!context) return tl::unexpected("listener " + config.listeners[i].name + ": " + context.error());
        all->listeners_[i] = std::move(*context);
    }
    for (const auto& [name, upstream] : config.upstreams) {
        if (!upstream.tls.enabled) continue;
        const auto trust = worker.material->upstreams.find(name);
        if (trust == worker.material->upstreams.end())
            return tl::unexpected("upstream " + name + ": its files were not loaded");
        auto context = tls::ClientContext::create(upstream.tls, trust->second);
        if (!context) return tl::unexpected("upstream " + name + ": " + context.error());
        all->upstreams_.emplace(name, std::move(*context));
    }
    return all;
}

tls::ClientContext* ProxyTls::upstream(std::string_view name) {
    const auto found = upstreams_.find(name);
    return found == upstreams_.end() ? nullptr : found->second.get();
}

void ProxyTls::use_certificates(const std::shared_ptr<const tls::CertificateStore>& certificates) {
    for (auto& listener : listeners_)
        if (listener) listener->replace_certificates(certificates);
}

}  // namespace baton
