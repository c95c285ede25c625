/// A named group of endpoints in one worker, with everything that a request needs to get to one of them.
#pragma once

#include "config/config.h"
#include "proxy/upstream/connection_pool.h"
#include "proxy/upstream/endpoint_set.h"
#include "proxy/upstream/load_balancer.h"
#include "proxy/upstream/retry_budget.h"

#include <deque>

namespace baton {
class ProxyTls;
}

namespace baton::upstream {

class Upstream {
public:
    /// Resolves the endpoints' names, which may block: only before serving. `settings` must outlive the
    /// upstream, and so must `tls`, which is null when nothing has TLS.
    Upstream(const config::Upstream& settings, EventLoop& loop, BlockPool& blocks, shared::WorkerSlot& slot,
             ProxyTls* tls = nullptr);
    Upstream(const Upstream&) = delete;
    Upstream& operator=(const Upstream&) = delete;

    const std::string& name() const { return settings_.name; }
    const config::Upstream& settings() const { return settings_; }
    /// The Host that is sent is the client's, which needs no evaluation.
    bool passes_host() const { return passes_host_; }
    EndpointSet& endpoints() { return endpoints_; }
    LoadBalancer& balancer() { return balancer_; }
    RetryBudget& retry_budget() { return retry_budget_; }
    ConnectionPool& pool(const Endpoint& endpoint) { return pools_[endpoint.index()]; }
    /// This generation ends: connections are used to their end, none is kept.
    void stop_keeping_connections();

private:
    const config::Upstream& settings_;
    bool passes_host_;
    EndpointSet endpoints_;
    LoadBalancer balancer_;
    RetryBudget retry_budget_;
    std::deque<ConnectionPool> pools_;  // by the endpoint's index; a deque because pools stay where they are
};

}  // namespace baton::upstream
