#include "proxy/upstream/endpoint_set.h"

#include "server/log/log.h"

namespace baton::upstream {

namespace {

Endpoint::Settings settings_of(const config::Endpoint& endpoint, const Address& address,
                               bool is_only_address) {
    Endpoint::Settings settings;
    settings.address = address;
    settings.name = endpoint.text;
    settings.label = is_only_address ? endpoint.text : endpoint.text + " (" + address.to_string() + ")";
    settings.host = endpoint.host;
    settings.weight = endpoint.weight;
    settings.backup = endpoint.backup;
    settings.max_connections = endpoint.max_connections;
    return settings;
}

}  // namespace

EndpointSet::EndpointSet(const config::Upstream& upstream, Resolver resolver) {
    for (const config::Endpoint& endpoint : upstream.endpoints) {
        const Resolution resolution = resolver(endpoint);
        if (resolution.addresses.empty()) {
            log::warn("upstream.not_resolved")
                .with("upstream", upstream.name)
                .with("endpoint", endpoint.text)
                .with("error", resolution.error);
        }
        for (const Address& address : resolution.addresses) {
            const auto index = static_cast<std::uint32_t>(endpoints_.size());
            endpoints_.emplace_back(index, settings_of(endpoint, address, resolution.addresses.size() == 1));
        }
    }
}

std::uint32_t EndpointSet::active() const {
    std::uint32_t sum = 0;
    for (const Endpoint& endpoint : endpoints_) sum += endpoint.active();
    return sum;
}

}  // namespace baton::upstream
