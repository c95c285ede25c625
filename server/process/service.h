/// What a worker process does, as its process sees it: the proxy implements it, an example may too.
#pragma once

#include "config/config.h"
#include "server/event/event_loop.h"
#include "server/net/listener.h"
#include "server/shared/lineage_memory.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace baton::escrow {
struct EscrowEnds;
}
namespace baton::tls {
class CertificateStore;
struct Material;
}  // namespace baton::tls

namespace baton {

/// What a worker process has to work with. Everything outlives the service.
struct WorkerContext {
    EventLoop& loop;
    std::shared_ptr<const config::Config> config;
    std::span<const ListeningSocket> listeners;  ///< those that this worker accepts from
    shared::WorkerSlot& slot;
    std::uint32_t generation;
    std::uint32_t index;  ///< 0 … workers-1
    const shared::TicketKeyRing& ticket_keys;
    std::shared_ptr<const tls::Material> material{};  ///< null: the configuration uses no TLS
    escrow::EscrowEnds* escrow = nullptr;             ///< for the service to take; null without escrow
};

/// How a draining generation ends (drain.* of the configuration, made absolute).
struct DrainOrder {
    TimePoint deadline;     ///< from then on what is left is closed …
    Duration close_spread;  ///< … evenly over this
    TimePoint
        idle_grace_until;  ///< idle keep-alive connections get one more answer until then, then are closed
};

/// What masters ask their workers for; clients find nothing there.
inline constexpr std::string_view probe_path = "/.baton/self-probe";

class Service {
public:
    virtual ~Service() = default;
    /// Begins or resumes taking connections from the context's listeners.
    virtual void start_accepting() = 0;
    /// Takes no more; whatever is queued stays for others (WINCH, or the first step of a drain).
    virtual void stop_accepting() = 0;
    /// Lets live connections go to a successor, until `drain`, or until `take_back` brings them back.
    virtual void stand_by() {}
    virtual void take_back() {}
    /// Finishes what runs and accepts nothing. A second order replaces the first (an earlier deadline wins).
    virtual void drain(const DrainOrder& order) = 0;
    /// Opens the log files anew (USR1).
    virtual void reopen_logs() = 0;
    /// Certificates have changed: connections that begin from now on are shown these.
    virtual void use_certificates(std::shared_ptr<const tls::CertificateStore>) {}
    /// The master's own connection, as if it had been accepted by `Config::listeners[listener]`: a request
    /// for `probe_path` is answered with 204, counted nowhere and not logged.
    virtual void probe(Fd, std::uint32_t /*listener*/) {}
    /// A worker of a younger generation takes live connections at the other end of `link`, once this one
    /// drains. Links of a later `batch` take the place of those of an earlier one.
    virtual void hand_over(Fd, std::uint32_t /*batch*/) {}
    /// A worker of an older generation offers live connections at the other end of `link`.
    virtual void take_over(Fd) {}
    /// Nothing is left to serve: the worker may exit once it drains.
    virtual bool is_empty() const = 0;
    /// Called after each turn's events: flush what was batched. Must be cheap.
    virtual void end_turn() = 0;
    /// Called once before the process exits: flush logs.
    virtual void finish() = 0;
};

/// Builds the service inside a freshly forked worker. Failing (null) ends the worker with EX_SOFTWARE.
using ServiceFactory = std::unique_ptr<Service> (*)(const WorkerContext& context);

}  // namespace baton
