/// Opens a connection to an address without waiting for it.
#pragma once

#include "server/net/tcp_transport.h"

#include <memory>

namespace baton {

/// Starts connecting a non-blocking socket (IP_BIND_ADDRESS_NO_PORT, TCP_NODELAY). The transport is writable
/// or hung up when the attempt has ended; `take_error()` then says how. Fails at once with what socket() or
/// connect() said.
Result<std::unique_ptr<TcpTransport>> start_connecting(EventLoop& loop, const Address& to);

}  // namespace baton
