/// What another process needs, beside the socket, to go on with a transport.
#pragma once

#include "server/event/event_loop.h"
#include "server/event/fd.h"
#include "server/net/address.h"
#include "server/net/transport.h"
#include "server/tls/tls_state.h"

#include <memory>
#include <optional>

namespace baton {

namespace tls {
struct Workspace;
}

struct TransportState {
    Address peer;
    std::optional<tls::TlsState> tls;  ///< absent for a bare socket
};

/// Goes on where `state` was taken; `socket` enters the loop, and the handler is called in the next turn.
/// `workspace` may be null for a bare socket. Fails with what the loop said, and with `out_of_memory` when
/// the keys are missing; the socket is closed then.
Result<std::unique_ptr<Transport>> restore_transport(EventLoop& loop, BlockPool& blocks,
                                                     tls::Workspace* workspace, Fd socket,
                                                     TransportState state);

}  // namespace baton
