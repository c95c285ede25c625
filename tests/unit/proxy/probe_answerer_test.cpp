#include "proxy/probe_answerer.h"

#include "tests/support/proxy_harness.h"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using baton::test::Conversation;
using baton::test::ProxyHarness;

namespace {

const std::string request_for_probe = "GET " + std::string{probe_path} + " HTTP/1.1\r\nHost: a\r\n\r\n";

/// A connection of the master's own to the only listener.
Conversation probe_of(ProxyHarness& proxy) {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    proxy.service().probe(Fd{ends[1]}, 0);
    return {*proxy.loop, proxy.service(), Fd{ends[0]}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(probe_answerer)

BOOST_AUTO_TEST_CASE(a_probe_is_answered_and_counted_nowhere) {
    ProxyHarness proxy;
    for (int i = 0; i < 3; ++i) {
        Conversation probe = probe_of(proxy);
        probe.say(request_for_probe);
        BOOST_TEST(probe.hear("\r\n\r\n").starts_with("HTTP/1.1 204 "));
        BOOST_TEST(proxy.service().is_empty());
        probe.leave();
    }
    for (const auto counter : {shared::Counter::connections_accepted, shared::Counter::requests,
                               shared::Counter::responses_2xx, shared::Counter::bytes_sent})
        BOOST_TEST(proxy.count(counter) == 0U);
    BOOST_TEST(proxy.gauge(shared::Gauge::connections) == 0);
    BOOST_TEST(!proxy.has_new_endpoint_connection());
}

BOOST_AUTO_TEST_CASE(a_probe_finds_nothing_else) {
    ProxyHarness proxy;
    Conversation probe = probe_of(proxy);
    probe.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(probe.hear("\r\n\r\n").starts_with("HTTP/1.1 404 "));
}

BOOST_AUTO_TEST_CASE(a_client_finds_its_own_route_at_the_path_of_probes) {
    ProxyHarness proxy;
    Conversation client = proxy.client();
    client.say(request_for_probe);
    Conversation endpoint = proxy.endpoint();
    BOOST_TEST(endpoint.hear("\r\n\r\n").starts_with("GET " + std::string{probe_path}));
    endpoint.say("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(client.hear("\r\n\r\n").starts_with("HTTP/1.1 404 "));
    client.leave();
}

BOOST_AUTO_TEST_SUITE_END()
