#include "proxy/proxy_service.h"

#include "proxy/downstream/handshaking_downstream.h"
#include "proxy/downstream/http1_downstream.h"
#include "proxy/escrow/escrow.h"
#include "proxy/websocket/close_schedule.h"
#include "server/log/log.h"
#include "upgrade/fault_point.h"

#include <sys/resource.h>

namespace baton {

using shared::Counter;

namespace {

/// How often a drain looks whether its deadline has come for somebody.
constexpr Duration drain_interval = std::chrono::milliseconds{50};
/// How often the memory in use is looked at.
constexpr Duration memory_interval = std::chrono::seconds{1};
/// How long a generation that is empty waits for those of its predecessor, for its successor's sake.
constexpr Duration passing_time = std::chrono::seconds{1};
/// Connections closed at once when descriptors have run out.
constexpr int closed_for_descriptors = 8;

std::size_t listener_index(const config::Config& config, std::string_view name) {
    for (std::size_t i = 0; i < config.listeners.size(); ++i)
        if (config.listeners[i].name == name) return i;
    return 0;
}

/// `process.max_connections`: auto leaves two descriptors to each connection and 512 to everything else.
std::uint32_t connection_limit(const config::Process& process) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto workers = std::max<std::uint32_t>(process.workers, 1);
    if (process.max_connections != 0) return std::max<std::uint32_t>(process.max_connections / workers, 1);
    return limit.rlim_cur > 1024 ? static_cast<std::uint32_t>((limit.rlim_cur - 512) / 2) : UINT32_MAX;
}

}  // namespace

std::unique_ptr<Service> make_proxy_service(const WorkerContext& worker) {
    std::unique_ptr<AccessLog> access_log;
    if (worker.config->logging.access.enabled) {
        auto opened = AccessLog::open(worker.config->logging.access, worker.generation, worker.index);
        if (!opened) {
            log::error("access_log.open_failed")
                .with("output", worker.config->logging.access.output)
                .with("error", to_string(opened.error().reason));
            return nullptr;
        }
        access_log = std::make_unique<AccessLog>(std::move(*opened));
    }
    auto encryption = ProxyTls::create(worker);
    if (!encryption) {
        log::error("tls.setup_failed").with("error", encryption.error());
        return nullptr;
    }
    return std::make_unique<ProxyService>(worker, std::move(*encryption), std::move(access_log));
}

ProxyService::ProxyService(const WorkerContext& worker, std::unique_ptr<ProxyTls> encryption,
                           std::unique_ptr<AccessLog> access_log)
    : worker_(worker),
      context_(worker, std::move(encryption)),
      access_log_(std::move(access_log)),
      drain_tick_(Timer::calling<&ProxyService::on_drain_tick>(worker.loop.timers(), *this)),
      memory_tick_(Timer::calling<&ProxyService::on_memory_tick>(worker.loop.timers(), *this)),
      most_memory_(memory_share(worker.config->process)),
      most_connections_(connection_limit(worker.config->process)) {
    context_.access_log = access_log_.get();
    for (const config::Listener& listener : worker.config->listeners)
        if (listener.limits.connections_per_ip != 0) context_.clients.start_counting();
    for (const ListeningSocket& socket : worker.listeners) {
        acceptors_.push_back(std::make_unique<Acceptor>(worker.loop, socket, *this));
        listener_of_.push_back(listener_index(*worker.config, socket.listener));
    }
}

ProxyService::~ProxyService() = default;

// Above nine tenths of its share the worker takes no new connections, above all of it no new requests either.
void ProxyService::on_memory_tick() {
    const std::uint64_t used = resident_memory_.bytes();
    context_.shedding = used > most_memory_;
    const bool full = used > most_memory_ / 10 * 9;
    if (full != paused_for_memory_ && !context_.draining()) {
        paused_for_memory_ = full;
        log::warn(full ? "memory.limit_reached" : "memory.limit_left")
            .with("used", used)
            .with("limit", most_memory_);
        if (full)
            stop_accepting();
        else
            start_accepting();
    }
    memory_tick_.arm(memory_interval);
}

void ProxyService::start_accepting() {
    if (most_memory_ != 0) memory_tick_.arm(memory_interval);
    for (auto& acceptor : acceptors_)
        if (auto started = acceptor->start(); !started)
            log::error("listener.start_failed")
                .with("listener", acceptor->socket().listener)
                .with("error", to_string(started.error().reason));
}

void ProxyService::stop_accepting() {
    for (auto& acceptor : acceptors_) acceptor->pause();
}

bool ProxyService::is_full(const config::Listener& listener) const {
    const std::uint32_t own = listener.max_connections;
    return context_.connection_count >= most_connections_ || (own != 0 && context_.connection_count >= own);
}

void ProxyService::on_accepted(Fd socket, const Address& peer, const ListeningSocket& from) noexcept {
    std::size_t index = 0;
    for (std::size_t i = 0; i < acceptors_.size(); ++i)
        if (&acceptors_[i]->socket() == &from) index = listener_of_[i];
    const config::Listener& listener = context_.config->listeners[index];
    if (is_full(listener) || !context_.clients.enter(peer, listener.limits.connections_per_ip)) {
        context_.slot.add(Counter::connections_rejected);
        return;
    }
    auto transport = TcpTransport::create(context_.loop, std::move(socket), peer);
    if (!transport) {
        context_.slot.add(Counter::connections_rejected);
        context_.clients.leave(peer);
        return;
    }
    context_.slot.add(Counter::connections_accepted);
    if (listener.tls)
        HandshakingDownstream::begin(context_, {std::move(*transport), &listener, index});
    else
        Http1Downstream::begin(context_, {std::move(*transport), &listener, index});
}

// A connection that waits for nothing gives its descriptor to one that wants something; when there is none,
// a handshake that takes the longest.
void ProxyService::on_out_of_descriptors() noexcept {
    log::crit("accept.out_of_descriptors").with("connections", context_.connection_count);
    close_some(context_.idle.empty() ? context_.handshakes : context_.idle);
}

void ProxyService::close_some(DownstreamConnectionList& connections) {
    for (int closed = 0; closed < closed_for_descriptors && !connections.empty(); ++closed)
        connections.front().close_now();
}

void ProxyService::use_certificates(std::shared_ptr<const tls::CertificateStore> certificates) {
    if (context_.tls) context_.tls->use_certificates(certificates);
}

void ProxyService::stand_by() {
    if (context_.escrow) context_.escrow->stop();
    departures_.begin();
}

void ProxyService::take_back() {
    departures_.end();
    if (context_.escrow) context_.escrow->resume();
}

void ProxyService::drain(const DrainOrder& order) {
    const bool first = !context_.draining();
    context_.drain = order;
    if (context_.escrow) context_.escrow->stop();
    stop_accepting();
    if (first)
        for (auto& [name, upstream] : context_.upstreams) upstream->stop_keeping_connections();
    if (first) passing_until_ = context_.loop.now() + passing_time;
    departures_.begin();
    context_.begin_drain_of_all();
    const websocket::CloseSchedule schedule{order.deadline, order.close_spread};
    std::uint64_t index = 0;
    const std::uint64_t count = context_.tunnels.size();
    for (Tunnel& tunnel : context_.tunnels)
        tunnel.close_at(schedule.due(index++, count), context_.config->drain.websocket_close_code);
    drain_tick_.arm(drain_interval);
}

// Plain connections end at the deadline too, spread like the tunnels.
void ProxyService::on_drain_tick() {
    const TimePoint now = context_.loop.now();
    if (now >= context_.drain->deadline) {
        while (!context_.handshakes.empty()) context_.handshakes.front().close_now();
        const Duration left = context_.drain->deadline + context_.drain->close_spread - now;
        std::size_t due = context_.connections.size();
        if (left > Duration::zero()) due = due / static_cast<std::size_t>(left / drain_interval + 1) + 1;
        for (auto it = context_.connections.begin(); due > 0 && it != context_.connections.end(); --due)
            (it++)->close_now();
        if (left <= Duration::zero())
            while (!context_.tunnels.empty() && left < -std::chrono::seconds{6})
                context_.tunnels.front().close_now(End::drain_deadline);
    }
    drain_tick_.arm(drain_interval);
}

void ProxyService::reopen_logs() {
    if (access_log_) access_log_->reopen();
}

bool ProxyService::is_empty() const {
    if (context_.connection_count != 0 || context_.tunnel_count != 0) return false;
    // Whoever is refused is still being told why.
    if (context_.tls && context_.tls->workspace().farewells.size() != 0) return false;
    // In a quick succession of generations what an older one still has goes through this one.
    return !arrivals_.expecting() || context_.loop.now() >= passing_until_;
}

void ProxyService::hand_over(Fd link, std::uint32_t batch) {
    if (departures_.add(std::move(link), batch))
        context_.departures = &departures_;
    else
        log::error("hand_over.link_not_watched");
}

void ProxyService::take_over(Fd link) {
    if (!arrivals_.add(std::move(link))) log::error("hand_over.link_not_watched");
}

void ProxyService::probe(Fd connection, std::uint32_t listener) {
    upgrade::reach(upgrade::FaultPoint::probe_begun);
    if (!probes_) probes_ = ProbeAnswerer::create(worker_);
    if (probes_) probes_->answer(std::move(connection), listener);
}

void ProxyService::end_turn() {
    if (probes_ && probes_->is_over()) probes_.reset();
    if (context_.escrow) context_.escrow->end_turn();
    if (access_log_) access_log_->flush_if_due(context_.loop.now());
    const std::uint64_t dropped = log::dropped_lines() + (access_log_ ? access_log_->dropped_lines() : 0);
    if (dropped == counted_as_dropped_) return;
    context_.slot.add(Counter::log_lines_dropped, dropped - counted_as_dropped_);
    counted_as_dropped_ = dropped;
}

void ProxyService::finish() {
    if (const auto totals = departures_.totals(); context_.departures != nullptr)
        log::info("hand_over.done")
            .with("moved", totals.moved)
            .with("refused", totals.refused)
            .with("longest_freeze_us", totals.longest_freeze.count() / 1000);
    if (access_log_) access_log_->flush();
}

}  // namespace baton
