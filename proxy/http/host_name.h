/// The grammar of an authority as Baton accepts it: `name`, `1.2.3.4` or `[v6]`, with a port or without.
#pragma once

#include <string_view>

namespace baton::http {

enum class PortRule { optional, required };

/// Whether `authority` is a host with or without port (RFC 9110 §7.2, RFC 3986 §3.2.2). Stricter than the
/// grammar: no empty host, no user, no empty port, no IPvFuture, no zone, and of registered names neither
/// percent-encoding nor sub-delims, since back ends disagree about what `a,b` or `ex%61mple` names.
bool is_authority(std::string_view authority, PortRule port = PortRule::optional);

}  // namespace baton::http
