#include "server/tls/client_context.h"

#include "server/tls/client_rules.h"
#include "server/tls/openssl_words.h"
#include "server/tls/protocol_options.h"

#include <openssl/ssl.h>

#include <utility>

namespace baton::tls {
namespace {

constexpr unsigned char protocols[] = "\x08http/1.1";

bool set_up(SSL_CTX* context, const config::UpstreamTls& settings, const UpstreamTrust& trust) {
    // Sessions are not resumed towards upstreams: their connections are kept.
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (SSL_CTX_set_alpn_protos(context, protocols, sizeof protocols - 1) != 0) return false;
    SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (trust.trusted) SSL_CTX_set1_cert_store(context, trust.trusted.get());
    if (trust.certificate && SSL_CTX_use_cert_and_key(context, trust.certificate.get(), trust.key.get(),
                                                      trust.chain.get(), 1) != 1)
        return false;
    return true;
}

}  // namespace

ClientContext::ClientContext() : rules_(std::make_unique<ClientRules>()) {}

ClientContext::~ClientContext() = default;

tl::expected<std::unique_ptr<ClientContext>, std::string> ClientContext::create(
    const config::UpstreamTls& settings, const UpstreamTrust& trust) {
    std::unique_ptr<ClientContext> made{new ClientContext};
    made->rules_->verify = settings.verify;
    auto context = make_context(TLS_client_method(), version_of(settings.min_version));
    if (!context) return tl::unexpected(std::move(context.error()));
    made->rules_->context = std::move(*context);
    if (!set_up(made->rules_->context.get(), settings, trust)) return tl::unexpected(take_openssl_error());
    return made;
}

}  // namespace baton::tls
