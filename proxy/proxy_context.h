/// What all connections of one worker share.
#pragma once

#include "config/config.h"
#include "proxy/downstream/clients_per_address.h"
#include "proxy/downstream/downstream_connection.h"
#include "proxy/exchange/access_log.h"
#include "proxy/exchange/route_plan.h"
#include "proxy/exchange/tunnel.h"
#include "proxy/http/request_id.h"
#include "proxy/route/route_table.h"
#include "proxy/upstream/random.h"
#include "proxy/upstream/upstream.h"
#include "server/process/service.h"

#include <boost/intrusive/list.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton {

class Exchange;
class ProxyTls;
namespace escrow {
class Escrow;
}
namespace hand_over {
class Departures;
class Places;
}  // namespace hand_over

/// Exchanges that have ended and wait for the next request: a request allocates nothing.
class ExchangePool {
public:
    ExchangePool();
    ~ExchangePool();
    std::unique_ptr<Exchange> take(struct ProxyContext& context);
    void give_back(struct ProxyContext& context, std::unique_ptr<Exchange> exchange);
    void trim(struct ProxyContext& context);

private:
    static constexpr std::size_t kept = 1024;
    std::vector<std::unique_ptr<Exchange>> idle_;
};

struct ProxyContext {
    /// `encryption` is null when nothing of the configuration has TLS.
    ProxyContext(const WorkerContext& worker, std::unique_ptr<ProxyTls> encryption);
    ~ProxyContext();
    ProxyContext(const ProxyContext&) = delete;
    ProxyContext& operator=(const ProxyContext&) = delete;

    const RoutePlan& plan(std::uint32_t route_index) const { return plans[route_index]; }
    bool draining() const { return drain.has_value(); }
    /// Everybody hears that this generation ends.
    void begin_drain_of_all();
    /// Where connections of other generations belong in this one.
    const hand_over::Places& places();
    /// For connections to endpoints that are not in this generation's configuration; keeps none.
    upstream::ConnectionPool& pool_of_strangers();
    /// Gives back to the system what this worker keeps for connections to come.
    void trim_memory();
    /// One more connection of a client, or one less, for limits and metrics.
    void enter_connection() {
        ++connection_count;
        slot.add(shared::Gauge::connections, 1);
    }
    void leave_connection() {
        --connection_count;
        slot.add(shared::Gauge::connections, -1);
    }
    std::int64_t unix_seconds() const {
        return std::chrono::floor<std::chrono::seconds>(loop.wall()).time_since_epoch().count();
    }

    EventLoop& loop;
    const std::shared_ptr<const config::Config> config;
    shared::WorkerSlot& slot;
    BlockPool blocks;
    std::unique_ptr<ProxyTls> tls;  ///< null without TLS; before the upstreams, which use it
    route::RouteTable routes;
    std::map<std::string, std::unique_ptr<upstream::Upstream>, std::less<>> upstreams;
    std::vector<RoutePlan> plans;  ///< by RouteMatch::route_index
    http::IdSource ids;
    upstream::Random random;
    ClientsPerAddress clients;
    AccessLog* access_log = nullptr;  ///< null when disabled
    ExchangePool exchanges;
    std::optional<DrainOrder> drain;
    DownstreamConnectionList connections;  ///< those that are in use
    DownstreamConnectionList handshakes;   ///< not yet established, the oldest first
    DownstreamConnectionList idle;         ///< between two requests, the longest idle first
    TunnelList tunnels;
    std::uint32_t connection_count = 0;
    std::uint32_t tunnel_count = 0;
    std::uint32_t generation;
    bool handing_over = false;                    ///< a younger generation takes connections, or will
    hand_over::Departures* departures = nullptr;  ///< null while there is none
    bool shedding = false;  ///< above process.memory_limit: new requests are answered with 503
    std::unique_ptr<escrow::Escrow> escrow;  ///< null without process.escrow
    std::unique_ptr<hand_over::Places> places_of_names;
    std::unique_ptr<upstream::ConnectionPool> strangers;
    std::string scratch;  ///< for texts that live until the next use only
};

}  // namespace baton
