/// A transport as fields of a parcel, bare or encrypted. Its socket travels beside them.
#pragma once

#include "server/net/transport_state.h"
#include "server/tls/workspace.h"
#include "upgrade/hand_over/parcel.h"

#include <tl/expected.hpp>

namespace baton::upgrade {

/// docs/control_protocol.md lists them.
namespace transport_tag {
enum : Tag { peer = 1, tls = 2 };
}

/// To be written into a group of its own, one for each side of a connection.
void write_transport(FieldWriter& fields, const TransportState& state);

/// `workspace` may be null where no TLS is in use: an encrypted transport is `unsupported` there. Otherwise
/// refuses what `read_tls` does, and as `malformed` what has no peer.
tl::expected<TransportState, Refusal> read_transport(const FieldReader& fields, tls::Workspace* workspace);

}  // namespace baton::upgrade
