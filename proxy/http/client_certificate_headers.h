/// The fields by which an upstream learns about the certificate that a client has shown: Client-Cert (RFC
/// 9440 §2.2) and, for applications that cannot read certificates, X-Client-Cert-*.
///
/// Whoever believes these fields must be sure that no client can send them: what a client sends is never
/// passed on.
#pragma once

#include "proxy/http/client_address.h"
#include "proxy/http/heads.h"
#include "server/tls/tls_info.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace baton::http {

/// Whether `name` is one of Client-Cert, Client-Cert-Chain or X-Client-Cert-*, in any case.
bool is_client_certificate_field(std::string_view name);

/// Whether a request may bring such fields itself: only from a trusted proxy, which has asked the client for
/// its certificate in our place, and only if the connection has no certificate of its own.
inline bool may_bring_client_certificate(const Peer& peer, const tls::TlsInfo* connection) {
    return peer.trusted && (connection == nullptr || connection->client == nullptr);
}

/// What is told, in the order in which it is written.
inline constexpr std::array<std::string_view, 6> client_certificate_fields{
    "Client-Cert",          "X-Client-Cert-Subject",     "X-Client-Cert-Issuer",
    "X-Client-Cert-Serial", "X-Client-Cert-Fingerprint", "X-Client-Cert-Not-After"};

/// The value of `client_certificate_fields[field]`: of Client-Cert the DER as a byte sequence (RFC 8941
/// §3.3.5), of Not-After a time as of RFC 3339. Overwrites `scratch` and views it.
std::string_view client_certificate_value(std::size_t field, const tls::ClientCertificate& certificate,
                                          std::string& scratch);

/// `name`, as OpenSSL or a peer wrote it, as a field value: every byte that is no printable ASCII becomes
/// `\XX` (RFC 2253 §2.4). Overwrites `scratch` and returns it.
std::string_view as_field_value(std::string_view name, std::string& scratch);

}  // namespace baton::http
