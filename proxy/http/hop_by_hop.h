/// Which fields end at this hop (RFC 9110 §7.6.1).
#pragma once

#include "proxy/http/heads.h"

#include <string_view>

namespace baton::http {

/// Decides for one head which of its fields are not forwarded: the fixed hop-by-hop set and what Connection
/// lists. A client cannot have Host, Content-Length, X-Forwarded-* or another field removed that Baton
/// vouches for by listing it. Refers to the fields given; they must outlive it.
class HopByHop {
public:
    explicit HopByHop(const FieldList& fields);
    /// Whether `field`, one of the head's, is not forwarded. The fixed set is Connection, Proxy-Connection,
    /// Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade, HTTP2-Settings, Proxy-Authenticate and
    /// Proxy-Authorization; whoever tunnels or sends trailers writes its own.
    bool ends_here(const Field& field) const;

private:
    const FieldList& fields_;
    bool lists_names_ = false;  // Connection holds more than the options that have a meaning of their own
};

/// Whether a request field of this name may be forwarded: names with `_` are dropped, since back ends that
/// turn fields into variables take `X_Forwarded_For` for `X-Forwarded-For`.
bool forwardable_name(std::string_view name);

/// Whether the comma-separated list of a known field contains `token`, without case, over all its lines.
bool lists_token(const FieldList& fields, FieldId id, std::string_view token);

}  // namespace baton::http
