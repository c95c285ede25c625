/// What one worker needs for TLS on both of its sides: the shared workspace, a context for each TLS listener
/// and one for each upstream that is spoken to over TLS.
#pragma once

#include "server/process/service.h"
#include "server/tls/client_context.h"
#include "server/tls/server_context.h"
#include "server/tls/session_tickets.h"
#include "server/tls/workspace.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace baton {

/// Outlives every connection of its worker.
class ProxyTls {
public:
    /// Null when neither a listener nor an upstream of the configuration has TLS. Fails with words for the
    /// log.
    static tl::expected<std::unique_ptr<ProxyTls>, std::string> create(const WorkerContext& worker);
    ProxyTls(const ProxyTls&) = delete;
    ProxyTls& operator=(const ProxyTls&) = delete;

    tls::Workspace& workspace() { return workspace_; }
    /// Of `Config::listeners[listener]`, which has TLS.
    tls::ServerContext& listener(std::size_t listener) { return *listeners_[listener]; }
    /// Null when the upstream is not spoken to over TLS.
    tls::ClientContext* upstream(std::string_view name);
    /// New handshakes of every listener show these.
    void use_certificates(const std::shared_ptr<const tls::CertificateStore>& certificates);

private:
    explicit ProxyTls(const WorkerContext& worker);

    std::shared_ptr<const tls::Material> material_;
    tls::Workspace workspace_;
    tls::SessionTickets tickets_;
    std::vector<std::unique_ptr<tls::ServerContext>> listeners_;  // by Config::listeners; null = plain
    std::map<std::string, std::unique_ptr<tls::ClientContext>, std::less<>> upstreams_;
};

}  // namespace baton
