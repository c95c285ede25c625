/// The blocks of the configuration language. Every key of the full reference is here; those that this version
/// cannot do are marked and refused.
#pragma once

#include "config/key.h"

#include <span>

namespace baton::config {

extern const Block top_level;  ///< binds a `Draft`

// Shared blocks, each binds the struct of its name.
extern const Block timeouts_block;
extern const Block limits_block;
extern const Block websocket_block;
extern const Block retries_block;
extern const Block headers_block;
extern const Block access_log_block;

// TLS
extern const Block tls_block;           ///< binds a `Tls`
extern const Block host_tls_block;      ///< binds a `HostTls`
extern const Block hsts_block;          ///< binds an `HstsDraft`
extern const Block upstream_tls_block;  ///< binds an `UpstreamTls`

extern const Block listener_block;  ///< binds a `Listener`
extern const Block host_block;      ///< binds a `HostDraft`
extern const Block route_block;     ///< binds a `RouteDraft`
extern const Block match_block;     ///< binds a `Match`
extern const Block target_block;    ///< binds a `TargetDraft`, an item of a weighted `to`
extern const Block upstream_block;  ///< binds an `UpstreamDraft`
extern const Block endpoint_block;  ///< binds an `Endpoint`

/// The blocks that get a section of their own in the reference, in its order.
std::span<const Block* const> reference_blocks();

}  // namespace baton::config
