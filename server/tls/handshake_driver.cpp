#include "server/tls/handshake_driver.h"

#include "server/tls/handshake.h"
#include "server/tls/tls_transport.h"

#include <utility>

namespace baton::tls {

using shared::Counter;
using shared::Gauge;

namespace {

/// Then others have their turn; a handshake that keeps to the protocol needs one or two.
constexpr int reads_a_call = 4;

class Driver final : public HandshakeDriver, private TransportHandler {
public:
    Driver(Workspace& workspace, BlockPool& blocks, EventLoop& loop, Role role,
           std::unique_ptr<Handshake> handshake, std::unique_ptr<TcpTransport> socket,
           HandshakeHandler& handler);
    ~Driver() override { leave(); }

    void close_now() override;
    const Address& peer() const override { return peer_; }

private:
    void on_transport_ready() noexcept override;
    /// Each says false when it is over, or must wait.
    bool begin();
    bool flush();
    bool feed();
    bool may_calculate();
    void receive();
    void establish();
    void fail(const HandshakeFailure& failure);
    void count(const TlsInfo& info);
    void leave();

    Workspace& workspace_;
    EventLoop& loop_;
    const Role role_;
    std::unique_ptr<Handshake> handshake_;  // null: it is over
    std::unique_ptr<TcpTransport> socket_;
    HandshakeHandler& handler_;
    const Address peer_;
    ReceiveBuffer input_;
    ByteQueue output_;
    bool begun_;
};

Driver::Driver(Workspace& workspace, BlockPool& blocks, EventLoop& loop, Role role,
               std::unique_ptr<Handshake> handshake, std::unique_ptr<TcpTransport> socket,
               HandshakeHandler& handler)
    : workspace_(workspace),
      loop_(loop),
      role_(role),
      handshake_(std::move(handshake)),
      socket_(std::move(socket)),
      handler_(handler),
      peer_(socket_->peer()),
      input_(blocks),
      output_(blocks),
      begun_(role == Role::server) {
    socket_->set_handler(*this);
    workspace_.slot.add(Gauge::tls_handshaking, 1);
    // A socket that has told its readiness to another does not tell it again.
    if (role == Role::client || socket_->readable()) socket_->call_again();
}

void Driver::on_transport_ready() noexcept {
    if (!handshake_) return;
    if (begin() && flush() && feed()) receive();
    if (handshake_) input_.release_if_empty();
}

bool Driver::may_calculate() {
    if (workspace_.handshake_steps.take(loop_)) return true;
    socket_->call_again();
    return false;
}

bool Driver::begin() {
    if (begun_) return true;
    if (!may_calculate()) return false;
    begun_ = true;
    if (handshake_->begin(output_).status != Handshake::Status::failed) return true;
    fail(handshake_->failure());
    return false;
}

bool Driver::flush() {
    if (output_.empty() || socket_->send(output_).status != IoStatus::failed) return true;
    fail({HandshakeFault::closed, {}});
    return false;
}

bool Driver::feed() {
    while (!input_.empty()) {
        if (Handshake::is_expensive(input_.data()) && !may_calculate()) return false;
        const Handshake::Progress progress = handshake_->feed(input_.data(), output_);
        input_.consume(progress.consumed);
        switch (progress.status) {
            case Handshake::Status::need_more: break;
            case Handshake::Status::done: establish(); return false;
            case Handshake::Status::failed: fail(handshake_->failure()); return false;
        }
        if (progress.consumed == 0) break;
    }
    return flush();
}

void Driver::receive() {
    for (int reads = 0; socket_->readable(); ++reads) {
        if (reads == reads_a_call) return socket_->call_again();
        const IoResult got = socket_->receive(input_);
        if (got.status == IoStatus::would_block) return;
        if (got.status != IoStatus::done) return fail({HandshakeFault::closed, {}});
        if (!feed()) return;
    }
}

void Driver::establish() {
    Handshake::Established established = std::move(*handshake_).take_established();
    if (!flush()) return;
    count(established.info);
    leave();
    handler_.on_handshake_done(
        std::make_unique<TlsTransport>(workspace_, loop_, std::move(socket_), std::move(established.keys),
                                       std::move(established.info), std::move(input_), std::move(output_)));
}

void Driver::count(const TlsInfo& info) {
    if (role_ == Role::client) return workspace_.slot.add(Counter::upstream_tls_handshakes);
    workspace_.slot.add(Counter::tls_handshakes);
    if (info.resumed) workspace_.slot.add(Counter::tls_handshakes_resumed);
    if (info.version == Version::tls_1_2) workspace_.slot.add(Counter::tls_handshakes_tls12);
}

void Driver::fail(const HandshakeFailure& failure) {
    const HandshakeFailure why = failure;  // outlives the handshake
    if (role_ == Role::server) workspace_.slot.add(Counter::tls_handshake_failures);
    if (why.fault == HandshakeFault::self_check) workspace_.slot.add(Counter::tls_takeover_failures);
    leave();
    if (why.fault == HandshakeFault::closed)
        socket_->close();
    else
        workspace_.farewells.add(loop_, std::move(socket_), std::move(output_));
    handler_.on_handshake_failed(why);
}

void Driver::close_now() {
    if (!handshake_) return;
    if (role_ == Role::server) workspace_.slot.add(Counter::tls_handshake_failures);
    leave();
    socket_->close();
}

void Driver::leave() {
    if (!handshake_) return;
    handshake_.reset();
    workspace_.slot.add(Gauge::tls_handshaking, -1);
}

}  // namespace

std::unique_ptr<HandshakeDriver> HandshakeDriver::accept(Workspace& workspace, BlockPool& blocks,
                                                         EventLoop& loop, ServerContext& context,
                                                         std::unique_ptr<TcpTransport> socket,
                                                         HandshakeHandler& handler) {
    auto handshake = Handshake::accept(workspace, context);
    if (!handshake) return nullptr;
    return std::make_unique<Driver>(workspace, blocks, loop, Role::server, std::move(handshake),
                                    std::move(socket), handler);
}

std::unique_ptr<HandshakeDriver> HandshakeDriver::connect(Workspace& workspace, BlockPool& blocks,
                                                          EventLoop& loop, ClientContext& context,
                                                          std::string_view server_name,
                                                          std::unique_ptr<TcpTransport> socket,
                                                          HandshakeHandler& handler) {
    auto handshake = Handshake::connect(workspace, context, server_name);
    if (!handshake) return nullptr;
    return std::make_unique<Driver>(workspace, blocks, loop, Role::client, std::move(handshake),
                                    std::move(socket), handler);
}

}  // namespace baton::tls
