#include "tests/unit/server/tls/tls_pair.h"

using namespace baton;
using namespace baton::test;
using baton::tls::HandshakeFault;
using shared::Counter;
using shared::Gauge;

namespace {

/// What the far end of a socket has received, up to its end or as far as it has come.
std::string received_by(const Fd& socket, bool& ended) {
    std::string bytes;
    std::array<char, 4096> piece;
    for (;;) {
        const ssize_t got = ::recv(socket.get(), piece.data(), piece.size(), 0);
        if (got == 0) ended = true;
        if (got <= 0) return bytes;
        bytes.append(piece.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(handshake_driver, TlsPair)

BOOST_AUTO_TEST_CASE(a_handshake_is_counted_and_leaves_nothing_behind) {
    accept_near();
    BOOST_TEST(slot->value(Gauge::tls_handshaking) == 1);
    peer.start("a.example");
    BOOST_TEST(pump_until([&] { return shaking.over() && peer.established; }));
    BOOST_TEST(shaking.calls == 1);
    BOOST_TEST(slot->value(Gauge::tls_handshaking) == 0);
    BOOST_TEST(slot->value(Counter::tls_handshakes) == 1U);
    BOOST_TEST(slot->value(Counter::tls_handshakes_resumed) == 0U);
    BOOST_TEST(slot->value(Counter::tls_handshakes_tls12) == 0U);
    BOOST_TEST(blocks.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_waiting_handshake_holds_no_block) {
    accept_near();
    turn();
    BOOST_TEST(blocks.in_use() == 0U);
    peer.start("a.example");
    peer.step();
    unsent_far = peer.take();
    send_far();
    turn();  // our flight has left, the client is next
    BOOST_TEST(!shaking.over());
    BOOST_TEST(blocks.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(bytes_behind_the_handshake_reach_the_transport) {
    accept_near();
    peer.start("a.example");
    peer.step();
    unsent_far = peer.take();
    BOOST_TEST(pump_until([&] { return peer.established; }));
    peer.write("GET / HTTP/1.1");
    BOOST_TEST(pump_until([&] { return shaking.over(); }));
    BOOST_REQUIRE(shaking.transport);
    Reading reading{*shaking.transport, blocks};
    BOOST_TEST(pump_until([&] { return reading.data == "GET / HTTP/1.1"; }));
}

BOOST_AUTO_TEST_CASE(a_refused_client_gets_its_alert_although_it_has_sent_more) {
    accept_near();
    peer.start("unknown.example");
    peer.step();
    unsent_far = peer.take() + std::string(3000, 'x');
    send_far();
    for (int i = 0; i < 3; ++i) turn();
    BOOST_REQUIRE(shaking.failure.has_value());
    BOOST_TEST((shaking.failure->fault == HandshakeFault::unknown_name));
    BOOST_TEST(slot->value(Counter::tls_handshake_failures) == 1U);
    BOOST_TEST(slot->value(Gauge::tls_handshaking) == 0);
    shaking.driver.reset();  // its owner has no more use for it
    BOOST_TEST(workspace->farewells.size() == 1U);
    bool ended = false;
    peer.give(received_by(far, ended));
    BOOST_TEST(ended);
    peer.step();
    BOOST_TEST(peer.alert() == SSL_AD_UNRECOGNIZED_NAME);
    far.reset();
    for (int i = 0; i < 2; ++i) turn();
    BOOST_TEST(workspace->farewells.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_farewell_is_bounded_in_bytes) {
    accept_near();
    unsent_far = "GET / HTTP/1.1\r\n\r\n";
    send_far();
    for (int i = 0; i < 3; ++i) turn();
    BOOST_TEST(workspace->farewells.size() == 1U);
    unsent_far = std::string(200'000, 'x');
    for (int i = 0; i < 20 && workspace->farewells.size() > 0; ++i) {
        send_far();
        turn();
    }
    BOOST_TEST(workspace->farewells.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_farewell_ends_with_its_worker) {
    accept_near();
    unsent_far = "garbage";
    send_far();
    for (int i = 0; i < 3; ++i) turn();
    BOOST_TEST(workspace->farewells.size() == 1U);
    shaking.driver.reset();
    workspace.reset();
    bool ended = false;
    received_by(far, ended);
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_is_told_to_the_owner_once) {
    accept_near();
    turn();
    far.reset();
    for (int i = 0; i < 3; ++i) turn();
    BOOST_REQUIRE(shaking.failure.has_value());
    BOOST_TEST((shaking.failure->fault == HandshakeFault::closed));
    BOOST_TEST(shaking.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_closed_by_its_owner_says_nothing_more) {
    accept_near();
    turn();
    shaking.driver->close_now();
    bool ended = false;
    BOOST_TEST(received_by(far, ended).empty());
    BOOST_TEST(ended);
    turn();
    BOOST_TEST(shaking.calls == 0);
    BOOST_TEST(slot->value(Gauge::tls_handshaking) == 0);
    BOOST_TEST(workspace->keys.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(a_flood_of_handshakes_is_spread_over_turns) {
    context = listener();
    OpensslPeer client{tls::Role::client};
    client.start("a.example");
    client.step();
    const std::string hello = client.take();
    constexpr std::size_t flood = 40;
    std::vector<Shaking> all(flood);
    std::vector<Fd> ends;
    for (Shaking& one : all) {
        int sockets[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets) == 0);
        ends.emplace_back(sockets[1]);
        BOOST_REQUIRE(::send(sockets[1], hello.data(), hello.size(), 0) > 0);
        auto socket = TcpTransport::create(*loop, Fd{sockets[0]}, Address{});
        one.driver =
            tls::HandshakeDriver::accept(*workspace, blocks, *loop, *context, std::move(*socket), one);
    }
    const auto answered = [&] {
        std::size_t count = 0;
        for (const Fd& end : ends) {
            char byte = 0;
            if (::recv(end.get(), &byte, 1, MSG_PEEK) == 1) ++count;
        }
        return count;
    };
    turn();
    BOOST_TEST(answered() == 16U);
    turn();
    BOOST_TEST(answered() == 32U);
    turn();
    BOOST_TEST(answered() == flood);
}

BOOST_AUTO_TEST_CASE(our_client_and_our_server_understand_each_other) {
    accept_near();
    const auto certificate = certificates.front();
    tls::UpstreamTrust trust;
    trust.trusted.reset(X509_STORE_new(), X509_STORE_free);
    X509_STORE_add_cert(trust.trusted.get(), certificate->leaf.get());
    const auto to_us = tls::ClientContext::create({}, trust);
    BOOST_REQUIRE(to_us.has_value());
    auto socket = TcpTransport::create(*loop, std::move(far), Address{});
    Shaking client;
    client.driver = tls::HandshakeDriver::connect(*workspace, blocks, *loop, **to_us, "a.example",
                                                  std::move(*socket), client);
    BOOST_REQUIRE(client.driver);
    for (int i = 0; i < 50 && !(client.over() && shaking.over()); ++i) turn();
    BOOST_REQUIRE(client.transport);
    BOOST_REQUIRE(shaking.transport);
    BOOST_TEST(slot->value(Counter::upstream_tls_handshakes) == 1U);
    Reading at_client{*client.transport, blocks};
    Reading at_server{*shaking.transport, blocks};
    ByteQueue up{blocks}, down{blocks};
    up.append("question");
    down.append("answer");
    client.transport->send(up);
    shaking.transport->send(down);
    for (int i = 0; i < 5; ++i) turn();
    BOOST_TEST(at_client.data == "answer");
    BOOST_TEST(at_server.data == "question");
}

BOOST_AUTO_TEST_SUITE_END()
