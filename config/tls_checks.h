/// What concerns a few particular keys of TLS: values with a place of their own, and keys that need or
/// exclude each other within one block.
#pragma once

#include "config/binder.h"
#include "config/draft.h"

namespace baton::config {

void bind_default_certificate(Binder& binder, const Key& key, const Node& node, Tls& out);
void bind_pinned_certificate(Binder& binder, const Key& key, const Node& node, HostTls& out);

void check_session_tickets(Binder& binder, const Node& node, void* session_tickets);
void check_client_auth(Binder& binder, const Node& node, void* client_auth);
void check_hsts(Binder& binder, const Node& node, void* hsts_draft);
/// Also switches TLS on when a key says how, and none says whether.
void check_upstream_tls(Binder& binder, const Node& node, void* upstream_tls);

/// The value of Strict-Transport-Security (RFC 6797 §6.1); empty for none.
std::string hsts_value(const HstsDraft& hsts);

}  // namespace baton::config
