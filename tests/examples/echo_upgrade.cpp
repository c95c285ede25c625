/// An echo server that replaces itself: run `echo_upgrade 7000`, connect, install a new binary, send it USR2.
#include "server/net/tcp_transport.h"
#include "upgrade/self_upgrade.h"

#include <cstdlib>
#include <map>

using namespace baton;

struct Echo final : upgrade::Upgradable, AcceptHandler {
    struct Connection final : TransportHandler {
        Connection(Echo& echo, std::unique_ptr<TcpTransport> transport)
            : echo_(echo), transport_(std::move(transport)) {}
        void on_transport_ready() noexcept override {
            for (;;) {
                if (!out_.empty() && transport_->send(out_).status == IoStatus::failed)
                    return echo_.forget(*this);
                if (!out_.empty() || !transport_->readable()) return;  // reading less is the back-pressure
                const auto status = transport_->receive(in_).status;
                if (status == IoStatus::closed || status == IoStatus::failed) return echo_.forget(*this);
                out_.append(in_.data());
                in_.consume(in_.size());
            }
        }
        Echo& echo_;
        std::unique_ptr<TcpTransport> transport_;
        ReceiveBuffer in_{echo_.pool_};
        ByteQueue out_{echo_.pool_};
    };
    Echo(EventLoop& loop, const ListeningSocket& socket) : loop_(loop), acceptor_(loop, socket, *this) {}
    void start_accepting() override { static_cast<void>(acceptor_.start()); }
    void drain() override { acceptor_.pause(); }
    bool is_empty() const override { return connections_.empty(); }
    void on_out_of_descriptors() noexcept override {}
    void on_accepted(Fd socket, const Address& peer, const ListeningSocket&) noexcept override {
        if (auto transport = TcpTransport::create(loop_, std::move(socket), peer)) {
            auto connection = std::make_unique<Connection>(*this, std::move(*transport));
            connection->transport_->set_handler(*connection);
            connections_.emplace(connection.get(), std::move(connection));
        }
    }
    void forget(Connection& connection) { connections_.erase(&connection); }
    EventLoop& loop_;
    BlockPool pool_;
    Acceptor acceptor_;
    std::map<Connection*, std::unique_ptr<Connection>> connections_;
};

int main(int argc, char** argv) {
    auto self = upgrade::SelfUpgrade::create(argc, argv);
    const auto address =
        Address::ip("127.0.0.1", static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 7000));
    if (!self) return 1;
    const auto socket = (*self)->listen(*address);
    if (!socket) return 1;
    Echo echo((*self)->loop(), **socket);
    return (*self)->run(echo);
}
