#include "proxy/proxy_context.h"

#include "proxy/escrow/escrow.h"
#include "proxy/exchange/exchange.h"
#include "proxy/hand_over/places.h"
#include "proxy/proxy_tls.h"
#include "server/process/memory_usage.h"

#include <utility>

namespace baton {
namespace {

RoutePlan plan_for(const config::Route& route, ProxyContext& context) {
    RoutePlan plan;
    plan.request_rules = route::HeaderRules{route.request_headers};
    plan.response_rules = route::HeaderRules{route.response_headers};
    if (const auto* forward = std::get_if<config::Forward>(&route.action)) {
        std::vector<std::uint32_t> weights;
        for (const auto& target : forward->targets) {
            RoutePlan::Target& planned = plan.targets.emplace_back();
            planned.group = context.upstreams.at(target.upstream).get();
            planned.retries = &target.retries;
            planned.timeouts.push_back(target.timeouts.over(route.timeouts_on(0)));
            for (std::size_t listener = 1; listener < route.by_listener.size(); ++listener)
                planned.timeouts.push_back(target.timeouts.over(route.timeouts_on(listener)));
            weights.push_back(target.weight);
        }
        plan.choice = upstream::WeightedChoice{weights};
    }
    return plan;
}

}  // namespace

ProxyContext::ProxyContext(const WorkerContext& worker, std::unique_ptr<ProxyTls> encryption)
    : loop(worker.loop),
      config(worker.config),
      slot(worker.slot),
      tls(std::move(encryption)),
      routes(*worker.config),
      random(upstream::Random::seeded_by_kernel()),
      generation(worker.generation) {
    if (worker.escrow != nullptr) escrow = escrow::Escrow::create(loop, std::move(*worker.escrow));
    for (const auto& [name, settings] : config->upstreams)
        upstreams.emplace(name,
                          std::make_unique<upstream::Upstream>(settings, loop, blocks, slot, tls.get()));
    plans.reserve(routes.size());
    for (std::uint32_t index = 0; index < routes.size(); ++index)
        plans.push_back(plan_for(routes.route(index), *this));
}

ProxyContext::~ProxyContext() = default;

void ProxyContext::begin_drain_of_all() {
    for (auto it = idle.begin(); it != idle.end();) (it++)->begin_drain();
    for (auto it = connections.begin(); it != connections.end();) (it++)->begin_drain();
}

void ProxyContext::trim_memory() {
    exchanges.trim(*this);
    blocks.trim();
    if (tls) tls->workspace().keys.trim();
    trim_heap();
}

upstream::ConnectionPool& ProxyContext::pool_of_strangers() {
    if (!strangers) {
        strangers =
            std::make_unique<upstream::ConnectionPool>(loop, blocks, slot, Address{}, config::Keepalive{});
        strangers->stop_keeping();
    }
    return *strangers;
}

const hand_over::Places& ProxyContext::places() {
    if (!places_of_names) places_of_names = std::make_unique<hand_over::Places>(*this);
    return *places_of_names;
}

ExchangePool::ExchangePool() = default;
ExchangePool::~ExchangePool() = default;

std::unique_ptr<Exchange> ExchangePool::take(ProxyContext& context) {
    if (idle_.empty()) return std::make_unique<Exchange>(context);
    std::unique_ptr<Exchange> exchange = std::move(idle_.back());
    idle_.pop_back();
    return exchange;
}

void ExchangePool::give_back(ProxyContext& context, std::unique_ptr<Exchange> exchange) {
    exchange->recycle();
    // It may be in the middle of its last method: never destroyed here.
    if (idle_.size() < kept)
        idle_.push_back(std::move(exchange));
    else
        context.loop.destroy_later(std::move(exchange));
}

void ExchangePool::trim(ProxyContext& context) {
    for (auto& exchange : std::exchange(idle_, {})) context.loop.destroy_later(std::move(exchange));
}

}  // namespace baton
