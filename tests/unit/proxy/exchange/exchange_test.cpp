#include "tests/support/proxy_harness.h"

using namespace baton;
using namespace baton::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The endpoint's side of a connection that has been used once and is kept.
Conversation endpoint_after_one_get(ProxyHarness& proxy, Conversation& client) {
    client.say(get);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say(ok);
    client.hear("ok");
    return endpoint;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(exchange)

BOOST_AUTO_TEST_CASE(a_request_and_its_response_are_relayed_and_both_connections_are_kept) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto endpoint = proxy.endpoint();
    const std::string request = endpoint.hear("\r\n\r\n");
    BOOST_TEST(request.starts_with("GET / HTTP/1.1\r\nHost: a\r\n"));
    BOOST_TEST(contains(request, "X-Forwarded-For: 127.0.0.1\r\n"));
    BOOST_TEST(contains(request, "X-Request-Id: "));
    endpoint.say(ok);
    const std::string response = client.hear("ok");
    BOOST_TEST(response.starts_with("HTTP/1.1 200 OK\r\n"));
    BOOST_TEST(!contains(response, "Connection:"));
    client.say(get);
    endpoint.hear("\r\n\r\n");
    endpoint.say(ok);
    client.hear("ok");
    BOOST_TEST(!proxy.has_new_endpoint_connection());
    BOOST_TEST(proxy.count(shared::Counter::upstream_connections_reused) == 1u);
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_their_order) {
    ProxyHarness proxy;
    auto client = proxy.client();
    std::string all;
    for (int i = 0; i < 40; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    client.say(all);
    auto endpoint = proxy.endpoint();
    for (int i = 0; i < 40; ++i) {
        const std::string request = endpoint.hear("\r\n\r\n");
        BOOST_REQUIRE(request.starts_with("GET /" + std::to_string(i) + " "));
        endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + std::string(i < 10 ? "0" : "") +
                     std::to_string(i));
        BOOST_REQUIRE(client.hear((i < 10 ? "0" : "") + std::to_string(i)).starts_with("HTTP/1.1 200"));
    }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_refuses_is_a_502_with_the_reason) {
    ProxyHarness proxy;
    proxy.stop_endpoint();
    auto client = proxy.client();
    client.say(get);
    const std::string response = client.hear("\n");
    BOOST_TEST(response.starts_with("HTTP/1.1 502 "));
    BOOST_TEST(contains(response, "onnection refused"));
    BOOST_TEST(proxy.count(shared::Counter::retries) == 2u);
}

BOOST_AUTO_TEST_CASE(a_half_sent_head_is_told_408_and_a_silent_client_nothing) {
    ProxyHarness proxy;
    auto slow = proxy.client();
    auto silent = proxy.client();
    slow.say("GET / HT");
    BOOST_TEST(slow.hear_for_some_turns() == "");
    proxy.advance(11s);
    BOOST_TEST(slow.hear_all().starts_with("HTTP/1.1 408 "));
    BOOST_TEST(silent.hear_all() == "");
    BOOST_TEST(silent.is_closed());
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_does_not_answer_is_a_504) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    proxy.advance(59s);
    BOOST_TEST(client.hear_for_some_turns() == "");
    proxy.advance(2s);
    BOOST_TEST(client.hear("\n").starts_with("HTTP/1.1 504 "));
    BOOST_TEST(endpoint.is_closed());
}

BOOST_AUTO_TEST_CASE(a_get_on_a_stale_pooled_connection_is_sent_again_on_a_new_one) {
    ProxyHarness proxy;
    auto client = proxy.client();
    auto first = endpoint_after_one_get(proxy, client);
    client.say(get);
    first.hear("\r\n\r\n");
    first.leave();  // closes without an answer, as an idle timeout of its own would
    auto second = proxy.endpoint();
    second.hear("\r\n\r\n");
    second.say(ok);
    BOOST_TEST(client.hear("ok").starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(a_post_that_may_have_been_acted_on_is_never_sent_again) {
    ProxyHarness proxy;
    auto client = proxy.client();
    auto first = endpoint_after_one_get(proxy, client);
    client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    first.hear("abc");
    first.leave();
    BOOST_TEST(client.hear("\n").starts_with("HTTP/1.1 502 "));
    BOOST_TEST(!proxy.has_new_endpoint_connection());
}

BOOST_AUTO_TEST_CASE(a_put_is_sent_again_with_its_whole_body) {
    ProxyHarness proxy;
    auto client = proxy.client();
    auto first = endpoint_after_one_get(proxy, client);
    client.say(
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    first.hear("0\r\n\r\n");
    first.leave();
    auto second = proxy.endpoint();
    const std::string request = second.hear("0\r\n\r\n");
    BOOST_TEST(contains(request, "abc"));
    BOOST_TEST(contains(request, "de"));
    second.say(ok);
    BOOST_TEST(client.hear("ok").starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(a_pooled_connection_with_a_stray_byte_is_not_used_again) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto first = proxy.endpoint();
    first.hear("\r\n\r\n");
    first.say(std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    BOOST_TEST(client.hear("ok").ends_with("ok"));
    client.say(get);
    auto second = proxy.endpoint();
    second.hear("\r\n\r\n");
    second.say(ok);
    BOOST_TEST(client.hear("ok").ends_with("\r\n\r\nok"));
}

BOOST_AUTO_TEST_CASE(a_truncated_response_never_looks_complete) {
    ProxyHarness proxy;
    for (const std::string_view partial :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
        auto client = proxy.client();
        client.say(get);
        auto endpoint = proxy.endpoint();
        endpoint.hear("\r\n\r\n");
        endpoint.say(partial);
        endpoint.leave();
        const std::string response = client.hear_all();
        BOOST_TEST(contains(response, "half"));
        BOOST_TEST(!response.ends_with("0\r\n\r\n"));
        BOOST_TEST(client.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(a_response_until_close_is_chunked_for_http_1_1_and_ends_by_close_for_http_1_0) {
    ProxyHarness proxy;
    for (const std::string_view version : {"1.1", "1.0"}) {
        auto client = proxy.client();
        client.say("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n\r\n");
        auto endpoint = proxy.endpoint();
        endpoint.hear("\r\n\r\n");
        endpoint.say("HTTP/1.1 200 OK\r\n\r\nall of it");
        endpoint.leave();
        const std::string response = version == "1.1" ? client.hear("0\r\n\r\n") : client.hear_all();
        BOOST_TEST(contains(response, "Transfer-Encoding: chunked") == (version == "1.1"));
        BOOST_TEST(contains(response, "all of it"));
    }
}

BOOST_AUTO_TEST_CASE(interim_responses_are_passed_on_but_not_without_end) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    BOOST_TEST(client.hear("\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
    for (int i = 0; i < 8; ++i) endpoint.say("HTTP/1.1 103 Early Hints\r\n\r\n");
    BOOST_TEST(contains(client.hear("\n"), "HTTP/1.1 502 "));
}

BOOST_AUTO_TEST_CASE(a_body_above_the_limit_is_413_whether_announced_or_found) {
    ProxyHarness proxy{[](config::Config& config) { config.hosts[0].routes[0].limits.body_size = 4; }};
    auto announced = proxy.client();
    announced.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    BOOST_TEST(announced.hear("\n").starts_with("HTTP/1.1 413 "));
    auto found = proxy.client();
    found.say("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n");
    BOOST_TEST(found.hear("\n").starts_with("HTTP/1.1 413 "));
}

BOOST_AUTO_TEST_CASE(an_early_final_answer_reaches_a_client_that_is_still_sending) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");
    auto endpoint = proxy.endpoint();
    endpoint.hear("some");
    endpoint.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    const std::string response = client.hear("no");
    BOOST_TEST(response.starts_with("HTTP/1.1 403 "));
    BOOST_TEST(contains(response, "Connection: close\r\n"));
    BOOST_TEST(endpoint.is_closed());
}

BOOST_AUTO_TEST_CASE(a_slow_reader_holds_the_endpoint_back) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    // Nobody reads at the client: the kernel's buffers and 64 KiB of ours fill, then the endpoint cannot
    // send.
    const std::string piece(1 << 20, 'x');
    std::size_t taken = 0;
    for (int idle = 0; idle < 50;) {
        const std::size_t sent = endpoint.try_to_say(piece);
        idle = sent == 0 ? idle + 1 : 0;
        taken += sent;
    }
    BOOST_TEST(taken < 50'000'000u);
    BOOST_TEST(proxy.bytes_buffered() < 512u * 1024);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_left_after_client_write) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say(get);
    auto endpoint = proxy.endpoint();
    endpoint.hear("\r\n\r\n");
    endpoint.say("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    const std::string piece(1 << 20, 'x');
    for (int idle = 0; idle < 50;) idle = endpoint.try_to_say(piece) == 0 ? idle + 1 : 0;
    proxy.advance(61s);
    BOOST_TEST(endpoint.is_closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_ends_the_request_at_the_endpoint) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome");
    auto endpoint = proxy.endpoint();
    endpoint.hear("some");
    client.leave();
    BOOST_TEST(endpoint.is_closed());
}

BOOST_AUTO_TEST_CASE(a_draining_worker_answers_once_more_and_says_close) {
    ProxyHarness proxy;
    auto client = proxy.client();
    auto endpoint = endpoint_after_one_get(proxy, client);
    proxy.service().drain({.deadline = proxy.loop->now() + 30min,
                           .close_spread = 1s,
                           .idle_grace_until = proxy.loop->now() + 5s});
    client.say(get);
    auto again = proxy.endpoint();
    again.hear("\r\n\r\n");
    again.say(ok);
    const std::string response = client.hear("ok");
    BOOST_TEST(contains(response, "Connection: close\r\n"));
    BOOST_TEST(client.is_closed());
    client.leave();
    proxy.turn();
    BOOST_TEST(proxy.service().is_empty());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_of_a_draining_worker_is_closed_when_its_grace_is_over) {
    ProxyHarness proxy;
    auto client = proxy.client();
    auto endpoint = endpoint_after_one_get(proxy, client);
    proxy.service().drain({.deadline = proxy.loop->now() + 30min,
                           .close_spread = 1s,
                           .idle_grace_until = proxy.loop->now() + 5s});
    proxy.advance(4s);
    BOOST_TEST(client.hear_for_some_turns() == "");
    BOOST_TEST(!proxy.service().is_empty());
    proxy.advance(2s);
    BOOST_TEST(client.is_closed());
    BOOST_TEST(!client.was_reset());
}

BOOST_AUTO_TEST_CASE(nothing_stays_behind_when_connections_have_gone) {
    ProxyHarness proxy;
    {
        auto client = proxy.client();
        auto endpoint = endpoint_after_one_get(proxy, client);
        client.leave();
        endpoint.leave();
    }
    for (int i = 0; i < 5; ++i) proxy.turn();
    BOOST_TEST(proxy.service().is_empty());
    for (const auto gauge :
         {shared::Gauge::connections, shared::Gauge::idle_connections, shared::Gauge::requests_in_flight,
          shared::Gauge::upstream_connections, shared::Gauge::upstream_idle})
        BOOST_TEST(proxy.gauge(gauge) == 0);
    BOOST_TEST(proxy.bytes_buffered() == 0u);
}

BOOST_AUTO_TEST_CASE(a_body_that_only_trickles_is_told_408) {
    ProxyHarness proxy;
    auto client = proxy.client();
    client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(6000, 'x'));
    auto endpoint = proxy.endpoint();
    endpoint.hear("xxx");
    proxy.advance(11s);
    BOOST_TEST(client.hear_for_some_turns() == "");  // 6000 bytes in the first ten seconds are enough
    for (int second = 0; second < 11; second += 5) {
        client.say("x");
        proxy.advance(5s);
    }
    BOOST_TEST(client.hear("\n").starts_with("HTTP/1.1 408 "));
    BOOST_TEST(endpoint.is_closed());
}

BOOST_AUTO_TEST_CASE(a_worker_above_its_memory_limit_answers_503_and_takes_no_connection) {
    ProxyHarness proxy{[](config::Config& config) { config.process.memory_limit = 1; }};
    auto client = proxy.client();
    BOOST_TEST(client.hear_for_some_turns() == "");
    proxy.advance(1s);
    client.say(get);
    BOOST_TEST(client.hear("\n").starts_with("HTTP/1.1 503 "));
    auto late = proxy.client();
    late.say(get);
    BOOST_TEST(late.hear_for_some_turns() == "");
}

BOOST_AUTO_TEST_SUITE_END()
