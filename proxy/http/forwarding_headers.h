/// The fields by which an upstream learns about the client: X-Forwarded-*, Forwarded (RFC 7239) and Via (RFC
/// 9110 §7.6.3).
///
/// What an untrusted peer sends of them is replaced (RFC 7239 §8.1); what a trusted proxy sends is kept and
/// extended.
#pragma once

#include "config/config.h"
#include "proxy/http/client_address.h"
#include "proxy/http/heads.h"
#include "proxy/http/http1_writer.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::http {

struct ForwardingContext {
    const config::Listener& listener;
    const Peer& peer;
    const FieldList& fields;           ///< of the request as received
    std::string_view scheme = "http";  ///< of the downstream connection
    std::string_view host{};           ///< authority as received, with port if one was sent
    std::uint16_t local_port = 0;      ///< that the connection came in on; 0 = none (UNIX)
    std::uint8_t minor_version = 1;    ///< of the request, for Via
    /// One bit per FieldId that shall not be written, because a header rule removes or sets it.
    std::uint64_t suppressed = 0;
};

class ForwardingHeaders {
public:
    explicit ForwardingHeaders(const ForwardingContext& context);

    /// Whether a field of the client's is not copied: it is written anew by `write`, must not be believed, or
    /// is an alias of another field by an underscore in its name (`X_Forwarded_For`), which gateways behind
    /// us may take for it.
    bool replaces(const Field& field) const {
        if (field.id != FieldId::other) return (replaced_ >> static_cast<unsigned>(field.id) & 1) != 0;
        return field.name.find('_') != std::string_view::npos;
    }
    /// Writes our lines. `scratch` is used only when a trusted peer sent lists to extend.
    void write(HeadWriter& writer, std::string& scratch) const;

private:
    void write_x_forwarded(HeadWriter& writer, std::string& scratch) const;
    void write_port(HeadWriter& writer) const;
    void write_forwarded(HeadWriter& writer, std::string& scratch) const;
    bool writes(FieldId id) const { return (context_.suppressed >> static_cast<unsigned>(id) & 1) == 0; }

    ForwardingContext context_;
    std::uint64_t replaced_ = 0;
};

/// The scheme by which the client came: what a trusted peer says in X-Forwarded-Proto (`http` or `https`),
/// else `own`.
std::string_view client_scheme(const Peer& peer, const FieldList& fields, std::string_view own);

/// What Baton calls itself in Via: `1.1 baton`.
std::string_view via_value(std::uint8_t minor_version);

}  // namespace baton::http
