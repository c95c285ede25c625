/// A connection between OpenSSL and us that is moved from worker to worker, in fields as a parcel has them.
#pragma once

#include "server/net/transport_state.h"
#include "tests/unit/server/tls/tls_pair.h"
#include "upgrade/hand_over/transport_fields.h"

#include <fcntl.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace baton::test {

using upgrade::FieldReader;
using upgrade::FieldWriter;
using upgrade::SecretBuffer;

/// What a worker process has of its own.
struct MovingWorker {
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    std::unique_ptr<tls::Workspace> workspace = std::make_unique<tls::Workspace>(*slot);
    BlockPool blocks;
};

/// The fields of a frozen transport.
inline std::string pack(const Transport& transport) {
    SecretBuffer buffer;
    FieldWriter writer{buffer};
    upgrade::write_transport(writer, transport.state());
    return std::string{buffer.view()};
}

/// The same connection in `worker`, which gets a descriptor of its own as through a socket between processes.
inline std::unique_ptr<Transport> unpack(const std::string& fields, int descriptor, MovingWorker& worker) {
    const auto reader = FieldReader::over(fields);
    BOOST_REQUIRE(reader.has_value());
    auto state = upgrade::read_transport(*reader, worker.workspace.get());
    BOOST_REQUIRE(state.has_value());
    auto restored = restore_transport(*worker.loop, worker.blocks, worker.workspace.get(),
                                      Fd{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)}, std::move(*state));
    BOOST_REQUIRE(restored.has_value());
    return std::move(*restored);
}

/// Every record that our side has put on the wire.
class Wire {
public:
    void add(std::string_view bytes) {
        bytes_ += bytes;
        for (;;) {
            tls::RecordHeader header{};
            const std::string_view rest = std::string_view{bytes_}.substr(parsed_);
            if (tls::read_header(rest, header) != tls::Framed::complete_header) return;
            if (rest.size() < header.length) return;
            records.emplace_back(rest.substr(0, header.length));
            parsed_ += header.length;
        }
    }
    /// TLS 1.2 with GCM: the eight bytes in front of each record's ciphertext (RFC 5288 §3).
    bool explicit_nonces_differ() const {
        std::set<std::string> seen;
        for (const std::string& record : records)
            if (!seen.insert(record.substr(tls::record_header_length, 8)).second) return false;
        return true;
    }
    std::vector<std::string> records;

private:
    std::string bytes_;
    std::size_t parsed_ = 0;
};

/// Ends up with `transport`, read by `reading`, in one of the `workers`.
struct MovedTransport : TlsPair {
    /// Shakes hands in the first worker and then moves to the one behind it.
    void connect(std::uint16_t suite, tls::Role ours) {
        shake(suite, ours);
        BOOST_REQUIRE(shaking.transport);
        adopt(std::move(shaking.transport));
        std::unique_ptr<Transport> left = freeze();
        const std::string fields = pack(*left);
        adopt(unpack(fields, left->descriptor(), *workers[0]));
        left->leave();
    }
    /// From worker to worker; what was here has left.
    void move() {
        std::unique_ptr<Transport> left = freeze();
        const std::string fields = pack(*left);
        at = 1 - at;
        adopt(unpack(fields, left->descriptor(), here()));
        left->leave();
        BOOST_TEST(!left->is_open());
    }
    /// The successor has understood everything, and then the hand-over fails.
    void roll_back() {
        transport->freeze();
        const std::string fields = pack(*transport);
        const auto reader = FieldReader::over(fields);
        BOOST_TEST(upgrade::read_transport(*reader, workers[1 - at]->workspace.get()).has_value());
        transport->thaw();
    }
    std::unique_ptr<Transport> freeze() {
        BOOST_REQUIRE(transport->movable());
        transport->freeze();
        return std::move(transport);
    }
    void adopt(std::unique_ptr<Transport> arrived) {
        const std::string data = reading ? reading->data : std::string{};
        const bool paused = reading && reading->paused;
        reading.reset();
        transport = std::move(arrived);
        reading = std::make_unique<Reading>(*transport, here().blocks);
        reading->data = data;
        reading->paused = paused;
    }
    MovingWorker& here() { return *workers[at]; }

    /// Turns the loops, and carries bytes between the peer's OpenSSL and its socket.
    void pump() {
        unsent_far += peer.take();
        send_far();
        turn_all();
        receive_far();
        peer.step();
    }
    void turn_all() {
        turn();
        for (const auto& worker : workers) worker->loop->turn(Duration::zero());
    }
    void receive_far() {
        while (reads_far) {
            std::array<char, 65536> bytes;
            const ssize_t got = ::recv(far.get(), bytes.data(), bytes.size(), 0);
            if (got == 0) far_ended = true;
            if (got <= 0) return;
            const std::string_view arrived{bytes.data(), static_cast<std::size_t>(got)};
            wire.add(arrived);
            peer.give(arrived);
        }
    }
    template <class Condition>
    bool pump_until(Condition condition) {
        for (int i = 0; i < 100'000 && !condition(); ++i) pump();
        return condition();
    }

    /// We say `data` as far as the transport takes it; the rest is returned.
    std::string send(std::string_view data) {
        ByteQueue queue{here().blocks};
        queue.append(data);
        BOOST_TEST((transport->send(queue).status != IoStatus::failed));
        return queue.to_string();
    }
    /// The peer's records that carry `data`, not yet on their way.
    std::string peer_seals(std::string_view data) {
        BOOST_TEST(peer.write(data));
        return peer.take();
    }
    /// Bytes that reach our socket at once.
    void deliver(std::string_view bytes) {
        unsent_far += bytes;
        send_far();
        BOOST_REQUIRE(unsent_far.empty());
    }
    bool hears(std::string_view expected) {
        return pump_until([&] { return reading->data.size() >= expected.size(); }) &&
               std::exchange(reading->data, {}) == expected;
    }
    bool peer_hears(std::string_view expected) {
        std::string heard;
        return pump_until([&] { return (heard += peer.read()).size() >= expected.size(); }) &&
               heard == expected;
    }
    /// Something crosses both ways.
    void talk() {
        const std::string up = "up " + std::to_string(++talks_), down = "down " + std::to_string(talks_);
        BOOST_TEST(peer.write(up));
        BOOST_TEST(hears(up));
        BOOST_TEST(send(down).empty());
        BOOST_TEST(peer_hears(down));
    }

    std::array<std::unique_ptr<MovingWorker>, 2> workers{std::make_unique<MovingWorker>(),
                                                         std::make_unique<MovingWorker>()};
    std::size_t at = 0;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Reading> reading;
    Wire wire;  // since the handshake

private:
    void shake(std::uint16_t suite, tls::Role ours) {
        std::destroy_at(&peer);
        std::construct_at(&peer, ours == tls::Role::server ? tls::Role::client : tls::Role::server);
        peer.only(suite);
        if (ours == tls::Role::server) {
            certificates = {load({.names = "DNS:a.example", .key = KeyType::ecdsa}),
                            load({.names = "DNS:a.example", .key = KeyType::rsa})};
            accept_near();
            peer.start("a.example");
        } else {
            const bool rsa = suite == 0xc02f || suite == 0xc030 || suite == 0xcca8;
            connect_near(rsa ? KeyType::rsa : KeyType::ecdsa);
            peer.start();
        }
        BOOST_REQUIRE(TlsPair::pump_until([&] { return shaking.over() && peer.established; }));
        peer.read();  // tickets
    }
    void connect_near(KeyType type) {
        const tls::X509Pointer certificate = make_certificate({.names = "DNS:a.example", .key = type});
        SSL_CTX_use_certificate(peer.context.get(), certificate.get());
        SSL_CTX_use_PrivateKey(peer.context.get(), test_key(type));
        trust_.trusted.reset(X509_STORE_new(), X509_STORE_free);
        X509_STORE_add_cert(trust_.trusted.get(), certificate.get());
        to_peer_ = std::move(*tls::ClientContext::create({}, trust_));
        auto socket = TcpTransport::create(*loop, std::move(near), Address{});
        shaking.driver = tls::HandshakeDriver::connect(*workspace, blocks, *loop, *to_peer_, "a.example",
                                                       std::move(*socket), shaking);
    }

    tls::UpstreamTrust trust_;
    std::unique_ptr<tls::ClientContext> to_peer_;
    int talks_ = 0;
};

}  // namespace baton::test
