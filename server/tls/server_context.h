/// What a TLS listener of one worker shows to its clients: certificates by name, the rules of its hosts,
/// tickets.
///
/// One context of OpenSSL serves the whole listener, however many certificates there are: what a name needs
/// is chosen when its ClientHello has come.
#pragma once

#include "config/config.h"
#include "server/tls/material.h"
#include "server/tls/session_tickets.h"
#include "server/tls/tls_info.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::tls {

struct ServerPolicies;

class ServerContext {
public:
    /// For `config.listeners[listener]`. Fails with OpenSSL's words (out of memory).
    static tl::expected<std::unique_ptr<ServerContext>, std::string> create(
        std::shared_ptr<const config::Config> config, std::size_t listener,
        std::shared_ptr<const Material> material, SessionTickets& tickets);
    ~ServerContext();

    /// New handshakes see `certificates`; established connections are not touched.
    void replace_certificates(std::shared_ptr<const CertificateStore> certificates);

    /// Whether a connection that was established with `info` may ask for `host` (lower case, no port): the
    /// certificate that it was shown covers it or would be shown for it too, and the host's client
    /// authentication and least version are what the connection has (RFC 9110 §15.5.20, otherwise 421).
    bool serves(const TlsInfo& info, std::string_view host) const;

private:
    friend class Handshake;
    ServerContext();
    std::unique_ptr<ServerPolicies> policies_;
};

}  // namespace baton::tls
