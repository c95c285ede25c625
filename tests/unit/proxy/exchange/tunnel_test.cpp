#include "tests/support/proxy_harness.h"

using namespace baton;
using namespace baton::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view handshake =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view accepted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const std::string masked_hello{"\x81\x85\x00\x00\x00\x00hello", 11};
const std::string hello{"\x81\x05hello", 7};
const std::string ping{
    "\x89\x05"
    "baton",
    7};

struct WebSocket {
    explicit WebSocket(ProxyHarness& proxy)
        : client(proxy.client()), endpoint((client.say(handshake), proxy.endpoint())) {
        endpoint.hear("\r\n\r\n");
        endpoint.say(accepted);
        answer = client.hear("\r\n\r\n");
    }
    Conversation client, endpoint;
    std::string answer;
};

DrainOrder order(ProxyHarness& proxy, Duration until_deadline) {
    const TimePoint now = proxy.loop->now();
    return {.deadline = now + until_deadline, .close_spread = 0s, .idle_grace_until = now + 5s};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tunnel)

BOOST_AUTO_TEST_CASE(frames_pass_both_ways_after_a_sound_101) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    BOOST_TEST(socket.answer.starts_with("HTTP/1.1 101 "));
    socket.client.say(masked_hello);
    BOOST_TEST(socket.endpoint.hear("hello") == masked_hello);
    socket.endpoint.say(hello);
    BOOST_TEST(socket.client.hear("hello") == hello);
    BOOST_TEST(proxy.gauge(shared::Gauge::websockets) == 1);
}

BOOST_AUTO_TEST_CASE(a_101_with_a_wrong_accept_is_a_502_and_no_tunnel) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(handshake);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
        "websocket\r\nSec-WebSocket-Accept: "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    BOOST_TEST(client.hear("\n").starts_with("HTTP/1.1 502 "));
    BOOST_TEST(proxy.gauge(shared::Gauge::websockets) == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_handshake_is_an_ordinary_response) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(handshake);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    BOOST_TEST(client.hear("no").starts_with("HTTP/1.1 401 "));
}

BOOST_AUTO_TEST_CASE(a_silent_client_is_pinged_and_an_answer_keeps_it) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    for (int round = 0; round < 3; ++round) {
        proxy.advance(31s);
        BOOST_TEST(socket.client.hear("baton") == ping);
        socket.client.say(
            std::string{"\x8a\x85\x00\x00\x00\x00"
                        "baton",
                        11});
        socket.endpoint.hear("baton");
    }
    BOOST_TEST(proxy.gauge(shared::Gauge::websockets) == 1);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_answer_the_ping_is_gone_and_so_is_its_endpoint_connection) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    proxy.advance(31s);
    socket.client.hear("baton");
    proxy.advance(16s);
    BOOST_TEST(socket.client.is_closed());
    BOOST_TEST(socket.endpoint.is_closed());
    BOOST_TEST(proxy.count(shared::Counter::pongs_missed) == 1u);
}

BOOST_AUTO_TEST_CASE(a_ping_never_stands_inside_a_frame) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    socket.endpoint.say(hello.substr(0, 4));
    BOOST_TEST(socket.client.hear("he") == hello.substr(0, 4));
    proxy.advance(31s);
    BOOST_TEST(socket.client.hear_for_some_turns() == "");
    socket.endpoint.say(hello.substr(4));
    BOOST_TEST(socket.client.hear("baton") == hello.substr(4) + ping);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_drain_closes_with_1012_both_ways_at_a_frame_border) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    proxy.service().drain(order(proxy, 10s));
    socket.client.say(masked_hello);
    BOOST_TEST(socket.endpoint.hear("hello") == masked_hello);
    proxy.advance(11s);
    const std::string close{"\x88\x02\x03\xf4", 4};
    BOOST_TEST(socket.client.hear_all() == close);
    BOOST_TEST(!socket.client.was_reset());
    const std::string to_endpoint = socket.endpoint.hear_all();
    BOOST_REQUIRE(to_endpoint.size() == 8u);
    BOOST_TEST(static_cast<unsigned char>(to_endpoint[0]) == 0x88);
    BOOST_TEST(static_cast<unsigned char>(to_endpoint[1]) == 0x82);
}

BOOST_AUTO_TEST_CASE(peers_that_never_answer_a_close_are_left_after_a_grace) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    proxy.service().drain(order(proxy, 10s));
    proxy.advance(11s);
    BOOST_TEST(!proxy.service().is_empty());
    proxy.advance(6s);
    proxy.turn();
    BOOST_TEST(proxy.service().is_empty());
}

BOOST_AUTO_TEST_CASE(a_close_handshake_of_the_peers_passes_and_ends_both_connections) {
    ProxyHarness proxy;
    WebSocket socket{proxy};
    const std::string client_close{"\x88\x82\x00\x00\x00\x00\x03\xe8", 8};
    const std::string server_close{"\x88\x02\x03\xe8", 4};
    socket.client.say(client_close);
    BOOST_TEST(socket.endpoint.hear(client_close.substr(6)) == client_close);
    socket.endpoint.say(server_close);
    BOOST_TEST(socket.client.hear(server_close) == server_close);
    socket.endpoint.leave();
    BOOST_TEST(socket.client.is_closed());
    socket.client.leave();
    proxy.turn();
    BOOST_TEST(proxy.service().is_empty());
}

BOOST_AUTO_TEST_CASE(a_frame_above_the_limit_ends_with_1009) {
    ProxyHarness proxy{
        [](config::Config& config) { config.hosts[0].routes[0].websocket.max_frame_size = 100; }};
    WebSocket socket{proxy};
    socket.client.say(std::string{"\x82\xfe\x03\xe8\x00\x00\x00\x00", 8});
    BOOST_TEST(socket.client.hear_all() == (std::string{"\x88\x02\x03\xf1", 4}));
}

BOOST_AUTO_TEST_CASE(application_silence_ends_a_tunnel_although_pings_are_answered) {
    ProxyHarness proxy{
        [](config::Config& config) { config.hosts[0].routes[0].websocket.idle_timeout = 40s; }};
    WebSocket socket{proxy};
    proxy.advance(31s);
    socket.client.hear("baton");
    socket.client.say(
        std::string{"\x8a\x85\x00\x00\x00\x00"
                    "baton",
                    11});
    socket.endpoint.hear("baton");
    proxy.advance(10s);
    BOOST_TEST(socket.client.hear_all() == (std::string{"\x88\x02\x03\xe9", 4}));
}

BOOST_AUTO_TEST_CASE(a_silent_endpoint_is_pinged_too_where_that_is_asked_for) {
    ProxyHarness proxy{
        [](config::Config& config) { config.hosts[0].routes[0].websocket.ping_upstream = true; }};
    WebSocket socket{proxy};
    proxy.advance(31s);
    socket.client.hear("baton");
    const std::string to_endpoint = socket.endpoint.hear_for_some_turns();
    BOOST_REQUIRE(to_endpoint.size() == 11u);
    BOOST_TEST(static_cast<unsigned char>(to_endpoint[0]) == 0x89);
    BOOST_TEST(static_cast<unsigned char>(to_endpoint[1]) == 0x85);
    socket.client.say(
        std::string{"\x8a\x85\x00\x00\x00\x00"
                    "baton",
                    11});
    proxy.advance(16s);
    BOOST_TEST(socket.client.is_closed());
    BOOST_TEST(socket.endpoint.is_closed());
}

BOOST_AUTO_TEST_SUITE_END()
