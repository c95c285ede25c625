#include "server/assert.h"
#include "server/net/tcp_transport.h"
#include "server/net/transport_state.h"
#include "server/tls/tls_transport.h"

#include <cerrno>

namespace baton {

Result<std::unique_ptr<Transport>> restore_transport(EventLoop& loop, BlockPool& blocks,
                                                     tls::Workspace* workspace, Fd socket,
                                                     TransportState state) {
    if (state.tls && !state.tls->keys) return failure(Reason::out_of_memory, Side::internal, ENOMEM);
    auto bare = TcpTransport::create(loop, std::move(socket), state.peer);
    if (!bare) return tl::unexpected(bare.error());
    if (!state.tls) {
        (*bare)->call_again();
        return std::move(*bare);
    }
    ASSERT(workspace != nullptr);
    return std::make_unique<tls::TlsTransport>(*workspace, loop, blocks, std::move(*bare),
                                               std::move(*state.tls));
}

}  // namespace baton
