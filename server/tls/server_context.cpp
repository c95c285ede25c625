#include "server/tls/server_context.h"

#include "server/tls/handshake_engine.h"
#include "server/tls/openssl_words.h"
#include "server/tls/protocol_options.h"
#include "server/tls/server_policies.h"

#include <algorithm>
#include <utility>

namespace baton::tls {
namespace {

/// With longer-lived tickets a stolen ticket key is worth more (RFC 8446 allows seven days).
constexpr std::chrono::seconds longest_session = std::chrono::hours{24};

bool set_up_tickets(SSL_CTX* context, const config::SessionTickets& settings) {
    if (!settings.enabled) {
        // With the option alone TLS 1.3 would issue tickets that name sessions in a cache, which is off.
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
        return SSL_CTX_set_num_tickets(context, 0) == 1;
    }
    // No longer than the key that can open the ticket.
    const auto of_keys = std::chrono::duration_cast<std::chrono::seconds>(settings.rotate) *
                         std::max<std::uint32_t>(settings.keep, 1);
    const auto lifetime = settings.key_files.empty()
                              ? std::clamp(of_keys, std::chrono::seconds{1}, longest_session)
                              : longest_session;
    SSL_CTX_set_timeout(context, static_cast<long>(lifetime.count()));
    return true;
}

}  // namespace

ServerContext::ServerContext() : policies_(std::make_unique<ServerPolicies>()) {}

ServerContext::~ServerContext() = default;

tl::expected<std::unique_ptr<ServerContext>, std::string> ServerContext::create(
    std::shared_ptr<const config::Config> config, std::size_t listener,
    std::shared_ptr<const Material> material, SessionTickets& tickets) {
    std::unique_ptr<ServerContext> made{new ServerContext};
    ServerPolicies& policies = *made->policies_;
    policies.learn(*config, listener, *material);
    policies.certificates = material->certificates;
    policies.tickets = &tickets;
    policies.protocols = "\x08http/1.1";
    policies.staples = config->tls.ocsp_stapling != config::OcspStapling::off;
    auto context = make_context(TLS_server_method(), least_version_of(config->tls));
    if (!context) return tl::unexpected(std::move(context.error()));
    policies.context = std::move(*context);
    if (!set_up_tickets(policies.context.get(), config->tls.session_tickets))
        return tl::unexpected(take_openssl_error());
    install_server_callbacks(policies.context.get());
    policies.config = std::move(config);
    policies.material = std::move(material);
    return made;
}

void ServerContext::replace_certificates(std::shared_ptr<const CertificateStore> certificates) {
    policies_->certificates = std::move(certificates);
}

bool ServerContext::serves(const TlsInfo& info, std::string_view host) const {
    if (host == info.server_name) return true;
    const HostRule& agreed = policies_->rule_for(info.server_name);
    const HostRule& wanted = policies_->rule_for(host);
    if (!wanted.asks_the_same(agreed) || info.version < wanted.least_version) return false;
    const CertificateStore& store = *policies_->certificates;
    const CertificateSet* const shown = certificates_for(agreed, info.server_name, store);
    if (shown == nullptr) return false;
    const CertificateSet* const due = certificates_for(wanted, host, store);
    return (due != nullptr && due->identity == shown->identity) || shown->covers(host);
}

}  // namespace baton::tls
