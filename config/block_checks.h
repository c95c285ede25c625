/// What concerns a few particular keys: values with a meaning of their own, and keys that need or exclude
/// each other.
#pragma once

#include "config/binder.h"
#include "config/draft.h"

namespace baton::config {

void bind_version(Binder& binder, const Key& key, const Node& node, Draft& out);
/// Only checks the form: the files have been included before.
void bind_include(Binder& binder, const Key& key, const Node& node, Draft& out);
void bind_log_output(Binder& binder, const Key& key, const Node& node, Logging& out);
void bind_access_output(Binder& binder, const Key& key, const Node& node, AccessLog& out);
/// Upgrade tokens in lower case.
void bind_upgrades(Binder& binder, const Key& key, const Node& node, RouteDraft& out);

void check_access_log(Binder& binder, const Node& node, void* access_log);
void check_rewrite(Binder& binder, const Node& node, void* rewrite);
void check_upstream(Binder& binder, const Node& node, void* upstream_draft);
void check_route(Binder& binder, const Node& node, void* route_draft);

}  // namespace baton::config
