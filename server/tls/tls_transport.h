/// An encrypted transport: the record layer over a socket.
#pragma once

#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"
#include "server/tls/record_layer.h"
#include "server/tls/tls_info.h"
#include "server/tls/tls_state.h"
#include "server/tls/workspace.h"

#include <cstdint>
#include <memory>

namespace baton::tls {

/// An idle one holds no block: ciphertext is kept only while half a record has arrived, sealed records only
/// until the socket takes them.
///
/// The end of the stream: the peer's close_notify is `closed`. An end without it may have been forged by
/// anybody on the way (RFC 8446 §6.1), so it is `failed` with `os_error` 0: a body that ends with the
/// connection is not complete then (RFC 9112 §9.8), and nothing else loses by it, since other messages say
/// where they end.
class TlsTransport final : public Transport, private TransportHandler {
public:
    /// `socket`'s next bytes are those behind `received`, and what is in `sealed` leaves before everything
    /// else. The handler is called in the next turn if there is something to read.
    TlsTransport(Workspace& workspace, EventLoop& loop, std::unique_ptr<TcpTransport> socket, HeldKeys keys,
                 TlsInfo info, ReceiveBuffer received, ByteQueue sealed);
    /// Goes on where another one's `state()` was taken; the handler is called in the next turn. The keys of
    /// `state` are there, from `workspace`.
    TlsTransport(Workspace& workspace, EventLoop& loop, BlockPool& blocks,
                 std::unique_ptr<TcpTransport> socket, TlsState state);
    ~TlsTransport() override;

    void set_handler(TransportHandler& handler) override { handler_ = &handler; }
    IoResult receive(ReceiveBuffer& into) override;
    IoResult send(ByteQueue& from) override;
    std::size_t unsent() const override { return sealed_.size(); }
    bool readable() const override;
    bool writable() const override { return socket_->writable() && sealed_.empty(); }
    bool hung_up() const override { return end_ != End::none || socket_->hung_up(); }
    void call_again() override { socket_->call_again(); }
    void shutdown_write() override;
    void close() override;
    void reset() override;
    bool is_open() const override { return socket_->is_open(); }
    bool movable() const override;
    void freeze() override { socket_->freeze(); }
    TransportState state() const override;
    int descriptor() const override { return socket_->descriptor(); }
    void thaw() override;
    void leave() override;
    const Address& peer() const override { return socket_->peer(); }
    const Address& local() const override { return socket_->local(); }
    const TlsInfo* tls() const override { return &info_; }

    /// The alert that ended it, for the log.
    std::optional<Alert> last_alert() const { return layer_.last_alert(); }

private:
    /// How the peer's side ended. It is told once everything before it has been received.
    enum class End : std::uint8_t { none, close_notify, truncated, protocol_error, socket_error };

    void on_transport_ready() noexcept override;
    bool has_whole_record() const;
    /// One read, or none when there are whole records from an earlier one. False: nothing more can be had
    /// now.
    bool take_more(ReceiveBuffer& into);
    bool read_socket(ReceiveBuffer& into);
    std::size_t open_records(std::string_view bytes, ReceiveBuffer& into);
    IoResult tell_end();
    /// Gives the socket what it takes; false when the connection is broken.
    bool flush();
    void fail(Alert alert);
    /// The socket is gone: whatever comes now fails.
    void cut_off();

    Workspace& workspace_;
    EventLoop& loop_;
    std::unique_ptr<TcpTransport> socket_;
    RecordLayer layer_;
    TlsInfo info_;
    ReceiveBuffer received_;  // ciphertext: the beginning of a record, seldom some whole ones
    ByteQueue sealed_;
    TransportHandler* handler_ = nullptr;
    TimePoint last_sent_{};
    int write_error_ = 0;
    int read_error_ = 0;
    End end_ = End::none;
    bool end_told_ = false;
    bool shutting_down_ = false;  // FIN is due behind the last record
    bool fin_sent_ = false;
};

}  // namespace baton::tls
