// Two workers in one process: what the older one has goes on in the younger one.
#include "tests/support/proxy_harness.h"

#include <sys/socket.h>

#include <string>
#include <string_view>

using namespace baton;
using namespace baton::test;
using namespace std::chrono_literals;
using shared::Counter;
using shared::Gauge;

namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view handshake =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
    "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
constexpr std::string_view accepted =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const std::string masked_hello{"\x81\x85\x00\x00\x00\x00hello", 11};
const std::string ping{
    "\x89\x05"
    "baton",
    7};

std::pair<Fd, Fd> make_link() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    return {Fd{ends[0]}, Fd{ends[1]}};
}

void turn_both(ProxyHarness& from, ProxyHarness& to) {
    for (int i = 0; i < 20; ++i) {
        from.turn();
        to.turn();
    }
}

void drain(ProxyHarness& worker) {
    const TimePoint now = worker.loop->now();
    worker.service().drain({.deadline = now + 1h, .close_spread = 0s, .idle_grace_until = now + 5s});
}

void replace(ProxyHarness& from, ProxyHarness& to) {
    auto [older, younger] = make_link();
    to.service().take_over(std::move(younger));
    from.service().hand_over(std::move(older), 1);
    drain(from);
    turn_both(from, to);
}

void in(ProxyHarness& worker, Conversation& conversation) {
    conversation.moved_to(*worker.loop, worker.service());
}

/// A request that has reached its endpoint.
struct Asked {
    explicit Asked(ProxyHarness& proxy)
        : client(proxy.client()), endpoint((client.say(get), proxy.endpoint())) {
        endpoint.hear("\r\n\r\n");
    }
    Conversation client, endpoint;
};

struct WebSocket {
    explicit WebSocket(ProxyHarness& proxy)
        : client(proxy.client()), endpoint((client.say(handshake), proxy.endpoint())) {
        endpoint.hear("\r\n\r\n");
        endpoint.say(accepted);
        client.hear("\r\n\r\n");
    }
    Conversation client, endpoint;
};

void without_what_the_other_has(config::Config& config) {
    config.hosts.front().routes.front().name = "another";
    config.hosts.front().routes.front().identity = "another";
    config::Upstream other = config.upstreams.at("app");
    other.name = "other";
    config.upstreams.clear();
    config.upstreams.emplace("other", other);
    std::get<config::Forward>(config.hosts.front().routes.front().action).targets.front().upstream = "other";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hand_over)

BOOST_AUTO_TEST_CASE(an_idle_connection_asks_its_next_question_in_the_successor) {
    ProxyHarness older, younger;
    auto [client, endpoint] = Asked{older};
    endpoint.say(ok);
    BOOST_TEST(client.hear("ok").find("close") == std::string::npos);
    replace(older, younger);
    BOOST_TEST(older.service().is_empty());
    in(younger, client);
    client.say(get);
    auto next = younger.endpoint();
    next.hear("\r\n\r\n");
    next.say(ok);
    BOOST_TEST(client.hear("ok").find("Connection: close") == std::string::npos);
    BOOST_TEST(older.count(Counter::connections_moved_out) == 1u);
    BOOST_TEST(younger.count(Counter::connections_moved_in) == 1u);
    BOOST_TEST(older.gauge(Gauge::connections) == 0);
    BOOST_TEST(younger.gauge(Gauge::connections) == 1);
    BOOST_TEST(younger.count(Counter::connections_accepted) == 0u);
}

BOOST_AUTO_TEST_CASE(a_connection_whose_listener_is_gone_stays_for_one_more_answer) {
    ProxyHarness older;
    ProxyHarness younger{[](config::Config& config) { config.listeners.front().name = "renamed"; }};
    auto [client, endpoint] = Asked{older};
    endpoint.say(ok);
    client.hear("ok");
    replace(older, younger);
    BOOST_TEST(older.count(Counter::connections_move_refused) == 1u);
    BOOST_TEST(younger.gauge(Gauge::connections) == 0);
    client.say(get);
    auto next = older.endpoint();
    next.hear("\r\n\r\n");
    next.say(ok);
    BOOST_TEST(client.hear("ok").find("Connection: close") != std::string::npos);
    BOOST_TEST(client.is_closed());
    client.leave();
    BOOST_TEST(older.service().is_empty());
}

BOOST_AUTO_TEST_CASE(a_refused_connection_that_asks_nothing_more_ends_after_its_grace) {
    ProxyHarness older;
    ProxyHarness younger{[](config::Config& config) { config.listeners.front().name = "renamed"; }};
    auto [client, endpoint] = Asked{older};
    endpoint.say(ok);
    client.hear("ok");
    replace(older, younger);
    older.advance(6s);
    BOOST_TEST(client.is_closed());
    BOOST_TEST(!client.was_reset());
}

BOOST_AUTO_TEST_CASE(a_tunnel_goes_on_without_its_route_and_upstream) {
    ProxyHarness older;
    ProxyHarness younger{without_what_the_other_has};
    WebSocket socket{older};
    replace(older, younger);
    BOOST_TEST(older.gauge(Gauge::websockets) == 0);
    BOOST_TEST(younger.gauge(Gauge::websockets) == 1);
    BOOST_TEST(younger.count(Counter::websockets_opened) == 0u);
    in(younger, socket.client);
    in(younger, socket.endpoint);
    socket.client.say(masked_hello);
    BOOST_TEST(socket.endpoint.hear("hello") == masked_hello);
    socket.client.leave();
    socket.endpoint.leave();
    for (int i = 0; i < 20; ++i) younger.turn();
    BOOST_TEST(younger.gauge(Gauge::websockets) == 0);
}

BOOST_AUTO_TEST_CASE(the_time_until_the_next_ping_goes_along) {
    ProxyHarness older, younger;
    WebSocket socket{older};
    older.advance(20s);
    younger.advance(20s);
    replace(older, younger);
    in(younger, socket.client);
    BOOST_TEST(socket.client.hear_for_some_turns().empty());
    younger.advance(11s);
    BOOST_TEST(socket.client.hear("baton") == ping);
}

BOOST_AUTO_TEST_CASE(an_awaited_answer_comes_by_the_successor_within_the_old_deadline) {
    ProxyHarness older, younger;
    auto [client, endpoint] = Asked{older};
    older.advance(50s);
    younger.advance(50s);
    replace(older, younger);
    BOOST_TEST(older.gauge(Gauge::requests_in_flight) == 0);
    BOOST_TEST(younger.gauge(Gauge::requests_in_flight) == 1);
    in(younger, client);
    younger.advance(11s);
    BOOST_TEST(client.hear("time").starts_with("HTTP/1.1 504 "));
}

BOOST_AUTO_TEST_CASE(an_awaited_answer_stays_when_its_route_is_gone) {
    ProxyHarness older;
    ProxyHarness younger{without_what_the_other_has};
    auto [client, endpoint] = Asked{older};
    replace(older, younger);
    BOOST_TEST(older.count(Counter::connections_move_refused) == 1u);
    endpoint.say(ok);
    BOOST_TEST(client.hear("ok").starts_with("HTTP/1.1 200 "));
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(one_download_after_the_other_goes_on_without_its_route) {
    ProxyHarness younger{without_what_the_other_has};
    for (int i = 0; i < 2; ++i) {
        ProxyHarness older;
        auto [client, endpoint] = Asked{older};
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfour");
        client.hear("four");
        replace(older, younger);
        BOOST_TEST(younger.gauge(Gauge::requests_in_flight) == 1);
        in(younger, client);
        in(younger, endpoint);
        endpoint.say("more");
        BOOST_TEST(client.hear("more") == "more");
        BOOST_TEST(younger.gauge(Gauge::requests_in_flight) == 0);
    }
    BOOST_TEST(younger.count(Counter::connections_moved_in) == 2u);
}

BOOST_AUTO_TEST_CASE(a_download_without_its_route_moves_once_more) {
    ProxyHarness first;
    ProxyHarness second{without_what_the_other_has}, third{without_what_the_other_has};
    auto [client, endpoint] = Asked{first};
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nfour");
    client.hear("four");
    replace(first, second);
    replace(second, third);
    BOOST_TEST(third.gauge(Gauge::requests_in_flight) == 1);
    in(third, client);
    in(third, endpoint);
    endpoint.say("more");
    BOOST_TEST(client.hear("more") == "more");
    BOOST_TEST(third.gauge(Gauge::requests_in_flight) == 0);
}

BOOST_AUTO_TEST_CASE(when_the_last_link_is_lost_a_connection_goes_on_and_the_next_link_takes_it) {
    ProxyHarness older, younger;
    auto [client, endpoint] = Asked{older};
    auto [end, other] = make_link();
    older.service().hand_over(std::move(end), 1);
    drain(older);
    other.reset();
    older.advance(20s);
    endpoint.say(ok);
    BOOST_TEST(client.hear("ok").find("Connection: close") == std::string::npos);
    replace(older, younger);
    in(younger, client);
    client.say("no request\r\n\r\n");
    BOOST_TEST(client.hear("400").starts_with("HTTP/1.1 400 "));
}

BOOST_AUTO_TEST_CASE(when_no_link_takes_the_place_of_the_last_one_what_is_left_drains) {
    ProxyHarness older;
    auto [client, endpoint] = Asked{older};
    auto [end, other] = make_link();
    older.service().hand_over(std::move(end), 1);
    drain(older);
    other.reset();
    older.turn();
    older.advance(31s);
    endpoint.say(ok);
    BOOST_TEST(client.hear("ok").find("Connection: close") != std::string::npos);
    BOOST_TEST(client.is_closed());
}

BOOST_AUTO_TEST_CASE(links_of_a_later_batch_take_the_place_of_idle_ones) {
    ProxyHarness older, younger;
    WebSocket socket{older};
    auto [to_silent, silent] = make_link();
    older.service().hand_over(std::move(to_silent), 1);
    drain(older);
    for (int i = 0; i < 20; ++i) older.turn();
    auto [to_younger, of_younger] = make_link();
    younger.service().take_over(std::move(of_younger));
    older.service().hand_over(std::move(to_younger), 2);
    turn_both(older, younger);
    char byte = 0;
    BOOST_TEST(::recv(silent.get(), &byte, 1, MSG_DONTWAIT) == 0);
    BOOST_TEST(younger.gauge(Gauge::websockets) == 1);
}

BOOST_AUTO_TEST_CASE(links_of_one_batch_serve_side_by_side) {
    ProxyHarness older, younger;
    WebSocket socket{older};
    auto [to_silent, silent] = make_link();
    older.service().hand_over(std::move(to_silent), 1);
    auto [to_younger, of_younger] = make_link();
    younger.service().take_over(std::move(of_younger));
    older.service().hand_over(std::move(to_younger), 1);
    drain(older);
    turn_both(older, younger);
    char byte = 0;
    BOOST_TEST(::recv(silent.get(), &byte, 1, MSG_DONTWAIT) == -1);
    BOOST_TEST(younger.gauge(Gauge::websockets) == 1);
}

BOOST_AUTO_TEST_CASE(what_arrives_in_a_generation_that_ends_goes_through_it_without_a_rest) {
    ProxyHarness first, second, third;
    WebSocket socket{first};
    auto [a, b] = make_link();
    second.service().take_over(std::move(b));
    auto [c, d] = make_link();
    third.service().take_over(std::move(d));
    second.service().hand_over(std::move(c), 1);
    drain(second);
    BOOST_TEST(!second.service().is_empty());
    first.service().hand_over(std::move(a), 1);
    drain(first);
    turn_both(first, second);
    turn_both(second, third);
    BOOST_TEST(third.gauge(Gauge::websockets) == 1);
    in(third, socket.client);
    in(third, socket.endpoint);
    socket.client.say(masked_hello);
    BOOST_TEST(socket.endpoint.hear("hello") == masked_hello);
}

BOOST_AUTO_TEST_SUITE_END()
