/// What a host wants of the way a request has come: over TLS, and over the TLS of that very host.
#pragma once

#include "config/config.h"
#include "proxy/route/template_evaluation.h"
#include "server/tls/server_context.h"
#include "server/tls/tls_info.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

/// The field by which a host tells browsers to insist on TLS (RFC 6797).
inline constexpr std::string_view hsts_name = "Strict-Transport-Security";

/// The host of a request as names of certificates are written: lower case, without a last dot, an IPv6
/// literal without brackets. A view of `host` or of `scratch`.
std::string_view certificate_name(std::string_view host, std::string& scratch);

/// Whether `host`, without port and in any case, is the very name that the client asked for in the handshake.
bool is_handshake_name(const tls::TlsInfo& info, std::string_view host, std::string& scratch);

/// Whether a request for `host` must not be answered on a connection that was established with `info`,
/// because it belongs to another TLS identity (421, RFC 9110 §15.5.20). The usual case, the name of the
/// handshake itself, costs one comparison. `host` is without port, in any case; `scratch` is overwritten.
bool is_misdirected(const tls::ServerContext& context, const tls::TlsInfo& info, std::string_view host,
                    std::string& scratch);

/// Whether a request is answered with a redirect to https: it came without TLS (`scheme` is the client's,
/// as a trusted proxy tells it), and does not ask for a token by which a certificate authority convinces
/// itself of who we are (RFC 8555 §8.3).
bool must_use_https(const config::Host& host, std::string_view scheme, std::string_view path);

/// The URL of the same request on `https_port`, overwriting `out`.
void write_https_location(const route::TemplateValues& values, std::uint16_t https_port, std::string& out);

}  // namespace baton
