/// The proxy as what a worker process does.
#pragma once

#include "proxy/exchange/access_log.h"
#include "proxy/hand_over/arrivals.h"
#include "proxy/hand_over/departures.h"
#include "proxy/probe_answerer.h"
#include "proxy/proxy_context.h"
#include "proxy/proxy_tls.h"
#include "server/process/memory_usage.h"
#include "server/process/service.h"

#include <memory>
#include <vector>

namespace baton {

class ProxyService final : public Service, public AcceptHandler {
public:
    /// `encryption` as of `ProxyTls::create`.
    ProxyService(const WorkerContext& worker, std::unique_ptr<ProxyTls> encryption,
                 std::unique_ptr<AccessLog> access_log);
    ~ProxyService() override;

    void start_accepting() override;
    void stop_accepting() override;
    void drain(const DrainOrder& order) override;
    void reopen_logs() override;
    void use_certificates(std::shared_ptr<const tls::CertificateStore> certificates) override;
    void stand_by() override;
    void take_back() override;
    void hand_over(Fd link, std::uint32_t batch) override;
    void take_over(Fd link) override;
    void probe(Fd connection, std::uint32_t listener) override;
    bool is_empty() const override;
    void end_turn() override;
    void finish() override;

    /// Bytes of the buffers that are in use now.
    std::size_t bytes_buffered() const { return context_.blocks.bytes_in_use(); }

private:
    void on_accepted(Fd socket, const Address& peer, const ListeningSocket& from) noexcept override;
    void on_out_of_descriptors() noexcept override;
    void on_drain_tick();
    void on_memory_tick();
    bool is_full(const config::Listener& listener) const;
    void close_some(DownstreamConnectionList& connections);

    const WorkerContext worker_;
    ProxyContext context_;
    hand_over::Departures departures_{context_};
    hand_over::Arrivals arrivals_{context_};
    std::unique_ptr<AccessLog> access_log_;
    std::unique_ptr<ProbeAnswerer> probes_;  // while there are any
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::size_t> listener_of_;  // Config::listeners index by the acceptor's socket
    Timer drain_tick_;
    Timer memory_tick_;
    ResidentMemory resident_memory_;
    std::uint64_t most_memory_;
    TimePoint passing_until_{};
    bool paused_for_memory_ = false;
    std::uint32_t most_connections_;
    std::uint64_t counted_as_dropped_ = 0;  // log lines, already in the slot's counter
};

/// Builds the proxy for one worker; null when a log cannot be opened (said in the error log).
std::unique_ptr<Service> make_proxy_service(const WorkerContext& worker);

}  // namespace baton
