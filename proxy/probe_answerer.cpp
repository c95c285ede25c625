#include "proxy/probe_answerer.h"

#include "proxy/downstream/handshaking_downstream.h"
#include "proxy/downstream/http1_downstream.h"
#include "server/log/log.h"

namespace baton {
namespace {

/// The listeners as they are, and no host but the one that answers: none that asks for a client's
/// certificate.
std::shared_ptr<const config::Config> configuration_for_probes(const config::Config& config) {
    config::Config own;
    own.listeners = config.listeners;
    own.tls = config.tls;
    config::Respond answer;
    answer.status = 204;
    config::Route route;
    route.name = "self-probe";
    route.match.paths = {std::string{probe_path}};
    route.action = std::move(answer);
    config::Host host;
    host.routes.push_back(std::move(route));
    own.hosts.push_back(std::move(host));
    return std::make_shared<const config::Config>(std::move(own));
}

}  // namespace

std::unique_ptr<ProbeAnswerer> ProbeAnswerer::create(const WorkerContext& worker) {
    auto uncounted = std::make_unique<shared::WorkerSlot>();
    const WorkerContext own{worker.loop,
                            configuration_for_probes(*worker.config),
                            {},
                            *uncounted,
                            worker.generation,
                            worker.index,
                            worker.ticket_keys,
                            worker.material};
    auto encryption = ProxyTls::create(own);
    if (!encryption) {
        log::error("tls.setup_failed").with("error", encryption.error());
        return nullptr;
    }
    return std::unique_ptr<ProbeAnswerer>(
        new ProbeAnswerer(std::move(uncounted), own, std::move(*encryption)));
}

ProbeAnswerer::ProbeAnswerer(std::unique_ptr<shared::WorkerSlot> uncounted, const WorkerContext& own,
                             std::unique_ptr<ProxyTls> encryption)
    : uncounted_(std::move(uncounted)), context_(own, std::move(encryption)) {}

void ProbeAnswerer::answer(Fd connection, std::size_t listener) {
    const config::Listener& settings = context_.config->listeners[listener];
    auto transport = TcpTransport::create(context_.loop, std::move(connection), Address{});
    if (!transport) return;
    if (settings.tls)
        HandshakingDownstream::begin(context_, {std::move(*transport), &settings, listener});
    else
        Http1Downstream::begin(context_, {std::move(*transport), &settings, listener});
}

}  // namespace baton
