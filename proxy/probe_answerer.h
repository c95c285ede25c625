/// Answers a master's probes (`Service::probe`): requests that no client can make and that are counted
/// nowhere.
#pragma once

#include "proxy/proxy_context.h"
#include "proxy/proxy_tls.h"

#include <memory>

namespace baton {

/// A proxy of its own inside a worker: the same listeners, handshakes, parser and exchange, and one route,
/// which only its connections know. Clients' connections pay nothing for it, not even a comparison.
class ProbeAnswerer {
public:
    /// Null, and a line in the log, when its TLS cannot be set up.
    static std::unique_ptr<ProbeAnswerer> create(const WorkerContext& worker);

    /// As if `connection` had been accepted by `Config::listeners[listener]`.
    void answer(Fd connection, std::size_t listener);
    /// No probe is under way.
    bool is_over() const { return context_.connection_count == 0; }

private:
    ProbeAnswerer(std::unique_ptr<shared::WorkerSlot> uncounted, const WorkerContext& own,
                  std::unique_ptr<ProxyTls> encryption);

    std::unique_ptr<shared::WorkerSlot> uncounted_;
    ProxyContext context_;
};

}  // namespace baton
