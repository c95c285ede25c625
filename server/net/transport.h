/// A byte stream to a peer: a TCP or UNIX socket, or a TLS connection over one. Nothing above knows which.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"
#include "server/net/address.h"

#include <cstddef>
#include <cstdint>

namespace baton {

namespace tls {
struct TlsInfo;
}
struct TransportState;

enum class IoStatus : std::uint8_t {
    done,         ///< `bytes` were moved
    would_block,  ///< nothing now; the handler is called when that changes
    closed,       ///< receive only: the peer has ended its side cleanly
    failed,       ///< the connection is broken, see `os_error`
};

struct IoResult {
    IoStatus status;
    std::size_t bytes = 0;
    int os_error = 0;
};

/// Owns a transport and is told when it can go on.
class TransportHandler {
public:
    virtual ~TransportHandler() = default;
    /// Something may be readable, writable or over: try.
    virtual void on_transport_ready() noexcept = 0;
};

class Transport {
public:
    virtual ~Transport() = default;
    virtual void set_handler(TransportHandler& handler) = 0;

    /// Reads once into the end of `into`. After a short read `readable()` is false until the next edge, which
    /// saves the read that would return EAGAIN.
    virtual IoResult receive(ReceiveBuffer& into) = 0;
    /// Writes from the front of `from` until it is empty or the peer takes no more; consumes what was
    /// written. `done` with bytes < size means that the rest waits for `writable()`.
    virtual IoResult send(ByteQueue& from) = 0;
    /// Bytes that `send` has taken and that the socket has not: sealed records. They leave by themselves; a
    /// sender that waits for the peer must count them.
    virtual std::size_t unsent() const { return 0; }
    /// Whether a receive may bring something (bytes, end or error).
    virtual bool readable() const = 0;
    virtual bool writable() const = 0;
    /// The peer has ended its side or the connection broke; there may still be bytes to receive.
    virtual bool hung_up() const = 0;
    /// Calls the handler again in the next turn: it left work undone so that others get their turn.
    virtual void call_again() = 0;

    /// Sends the end of our side (close_notify, FIN) after everything that `send` has taken.
    virtual void shutdown_write() = 0;
    /// Leaves the loop and closes at once. Bytes the peer sent and nobody read make the kernel answer with
    /// RST.
    virtual void close() = 0;
    /// Ends it so that the peer cannot mistake it for a clean end (TCP: RST).
    virtual void reset() = 0;
    virtual bool is_open() const = 0;

    // Handing it over to another process. The order of calls: freeze, state, then thaw or leave.
    /// Whether it can go on in another process. What cannot has failed or is about to end.
    virtual bool movable() const = 0;
    /// Leaves the loop: nothing is read, written or sealed, and the handler is not called.
    virtual void freeze() = 0;
    /// Everything but the socket, copied. It holds until something is read, written or sealed.
    virtual TransportState state() const = 0;
    /// The socket, which stays this transport's.
    virtual int descriptor() const = 0;
    /// Back into the loop, as it was; the handler is called in the next turn. If the loop does not take it,
    /// it is closed, nobody is called, and the next receive or send fails.
    virtual void thaw() = 0;
    /// Another process goes on with it: closes the descriptor without a word to the peer, and wipes its keys.
    virtual void leave() = 0;

    virtual const Address& peer() const = 0;
    virtual const Address& local() const = 0;
    /// What the handshake agreed on; null for a connection without TLS. Lives as long as the transport.
    virtual const tls::TlsInfo* tls() const { return nullptr; }
    bool is_encrypted() const { return tls() != nullptr; }
};

}  // namespace baton
