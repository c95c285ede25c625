#include "proxy/exchange/secure_host.h"

#include "proxy/route/authority.h"

namespace baton {

std::string_view certificate_name(std::string_view host, std::string& scratch) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return route::comparable_host(host, scratch);
}

bool is_handshake_name(const tls::TlsInfo& info, std::string_view host, std::string& scratch) {
    return host == info.server_name || certificate_name(host, scratch) == info.server_name;
}

bool is_misdirected(const tls::ServerContext& context, const tls::TlsInfo& info, std::string_view host,
                    std::string& scratch) {
    return !is_handshake_name(info, host, scratch) && !context.serves(info, certificate_name(host, scratch));
}

bool must_use_https(const config::Host& host, std::string_view scheme, std::string_view path) {
    return host.redirects_to_https && scheme == "http" && !path.starts_with("/.well-known/acme-challenge/");
}

void write_https_location(const route::TemplateValues& values, std::uint16_t https_port, std::string& out) {
    static const config::Template location = *config::Template::parse("https://{host}{uri}");
    std::string authority{values.host};
    if (https_port != 443) authority += ":" + std::to_string(https_port);
    route::TemplateValues with_port = values;
    with_port.host = authority;
    out.clear();
    route::evaluate(location, with_port, route::Destination::url, out);
}

}  // namespace baton
