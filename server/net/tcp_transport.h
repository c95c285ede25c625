/// A transport that is a bare socket (TCP or UNIX).
#pragma once

#include "server/event/event_loop.h"
#include "server/net/transport.h"

#include <memory>
#include <span>

namespace baton {

class TcpTransport final : public Transport, private WatchHandler {
public:
    /// Takes over a connected (or, from Connector, connecting) non-blocking socket and registers it with the
    /// loop.
    static Result<std::unique_ptr<TcpTransport>> create(EventLoop& loop, Fd socket, const Address& peer);
    ~TcpTransport() override;

    void set_handler(TransportHandler& handler) override { handler_ = &handler; }
    IoResult receive(ReceiveBuffer& into) override;
    /// The same into `room`, which is not empty.
    IoResult receive(std::span<char> room);
    IoResult send(ByteQueue& from) override;
    bool readable() const override { return watch_.readable(); }
    bool writable() const override { return watch_.writable(); }
    bool hung_up() const override { return watch_.hung_up(); }
    void call_again() override { watch_.call_again(); }
    void shutdown_write() override;
    void close() override;
    void reset() override;
    bool is_open() const override { return static_cast<bool>(socket_); }
    bool movable() const override { return is_open() && !broken_; }
    void freeze() override { watch_.stop(); }
    TransportState state() const override;
    int descriptor() const override { return socket_.get(); }
    void thaw() override;
    void leave() override { close(); }
    /// Between `freeze` and `thaw` or `leave`.
    bool is_frozen() const { return is_open() && !watch_.watching(); }
    const Address& peer() const override { return peer_; }
    const Address& local() const override;
    /// SO_ERROR: 0 once a pending connect has succeeded.
    int take_error();

private:
    TcpTransport(EventLoop& loop, Fd socket, const Address& peer)
        : loop_(loop), socket_(std::move(socket)), peer_(peer) {}
    void on_ready() noexcept override;
    IoResult broken(std::size_t moved, int error);

    EventLoop& loop_;
    Fd socket_;
    Watch watch_;
    TransportHandler* handler_ = nullptr;
    Address peer_;
    bool broken_ = false;                     // an error has been told, and the socket says it only once
    mutable std::unique_ptr<Address> local_;  // looked up when first asked for
};

}  // namespace baton
