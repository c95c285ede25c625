/// A TLS connection over a pair of sockets: our side in a loop, OpenSSL at the other end.
#pragma once

#include "server/event/event_loop.h"
#include "server/tls/handshake_driver.h"
#include "server/tls/tls_transport.h"
#include "tests/unit/server/tls/handshake_world.h"

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace baton::test {

/// Runs a driver and keeps what came of it.
class Shaking final : public tls::HandshakeHandler {
public:
    void on_handshake_done(std::unique_ptr<Transport> established) override {
        ++calls;
        transport = std::move(established);
    }
    void on_handshake_failed(const tls::HandshakeFailure& failed) override {
        ++calls;
        failure = failed;
    }
    bool over() const { return transport != nullptr || failure.has_value(); }

    std::unique_ptr<tls::HandshakeDriver> driver;
    std::unique_ptr<Transport> transport;
    std::optional<tls::HandshakeFailure> failure;
    int calls = 0;
};

/// Reads everything that arrives, as long as it may.
class Reading final : public TransportHandler {
public:
    explicit Reading(Transport& t, BlockPool& blocks) : transport(t), into(blocks) {
        transport.set_handler(*this);
    }
    void on_transport_ready() noexcept override {
        ++calls;
        while (!paused && !end && transport.readable()) {
            const IoResult got = transport.receive(into);
            if (got.status == IoStatus::would_block) break;
            largest = std::max(largest, into.size());
            data += into.data();
            into.consume(into.size());
            if (got.status != IoStatus::done) end = got;
        }
        into.release_if_empty();
        if (on_ready) on_ready();
    }

    Transport& transport;
    ReceiveBuffer into;
    std::string data;
    std::optional<IoResult> end;
    std::function<void()> on_ready;
    std::size_t largest = 0;
    int calls = 0;
    bool paused = false;
};

struct TlsPair : HandshakeWorld {
    TlsPair() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        near = Fd{ends[0]};
        far = Fd{ends[1]};
    }
    /// Our side waits for the peer's ClientHello.
    void accept_near() {
        context = listener();
        auto socket = TcpTransport::create(*loop, std::move(near), Address{});
        shaking.driver =
            tls::HandshakeDriver::accept(*workspace, blocks, *loop, *context, std::move(*socket), shaking);
    }
    void turn() { loop->turn(Duration::zero()); }
    /// Carries bytes between the peer's OpenSSL and its socket, and turns our loop once.
    void pump() {
        unsent_far += peer.take();
        send_far();
        turn();
        for (;;) {
            std::array<char, 65536> bytes;
            const ssize_t got = reads_far ? ::recv(far.get(), bytes.data(), bytes.size(), 0) : -1;
            if (got == 0) far_ended = true;
            if (got <= 0) break;
            peer.give({bytes.data(), static_cast<std::size_t>(got)});
        }
        peer.step();
    }
    void send_far() {
        while (!unsent_far.empty()) {
            const ssize_t sent = ::send(far.get(), unsent_far.data(), unsent_far.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            unsent_far.erase(0, static_cast<std::size_t>(sent));
        }
    }
    template <class Condition>
    bool pump_until(Condition condition) {
        for (int i = 0; i < 100'000 && !condition(); ++i) pump();
        return condition();
    }
    /// Ends with an established transport.
    Transport& establish() {
        accept_near();
        peer.start("a.example");
        BOOST_REQUIRE(pump_until([&] { return shaking.over() && peer.established; }));
        BOOST_REQUIRE(shaking.transport);
        return *shaking.transport;
    }

    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    Fd near, far;
    std::shared_ptr<tls::ServerContext> context;
    OpensslPeer peer{tls::Role::client};
    std::string unsent_far;
    bool reads_far = true;
    bool far_ended = false;
    Shaking shaking;
};

}  // namespace baton::test
