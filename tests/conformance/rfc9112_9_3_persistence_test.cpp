#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using test::ParsedRequest;
using test::ParsedResponse;

namespace {
bool request_kept(std::string_view version, std::string_view lines) {
    const ParsedRequest parsed{"GET / HTTP/" + std::string{version} + "\r\nHost: a\r\n" + std::string{lines} +
                               "\r\n"};
    BOOST_TEST(parsed.complete());
    return parsed.head.keep_alive;
}
bool response_kept(std::string_view version, std::string_view lines) {
    const ParsedResponse parsed{"HTTP/" + std::string{version} + " 200 OK\r\nContent-Length: 0\r\n" +
                                std::string{lines} + "\r\n"};
    BOOST_TEST(parsed.complete());
    return parsed.head.keep_alive;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_9_3_persistence)

BOOST_AUTO_TEST_CASE(a_connection_of_1_1_persists_unless_close_is_listed) {
    for (const auto kept : {request_kept, response_kept}) {
        BOOST_TEST(kept("1.1", ""));
        BOOST_TEST(kept("1.1", "Connection: keep-alive\r\n"));
        BOOST_TEST(!kept("1.1", "Connection: close\r\n"));
        BOOST_TEST(!kept("1.1", "connection: X, Close\r\n"));
        BOOST_TEST(!kept("1.1", "Connection: x\r\nConnection: close\r\n"));
        BOOST_TEST(!kept("1.1", "Connection: keep-alive, close\r\n"));
        BOOST_TEST(kept("1.1", "Connection: closed\r\n"));
    }
}

BOOST_AUTO_TEST_CASE(a_connection_of_1_0_persists_only_if_keep_alive_is_listed) {
    for (const auto kept : {request_kept, response_kept}) {
        BOOST_TEST(!kept("1.0", ""));
        BOOST_TEST(kept("1.0", "Connection: Keep-Alive\r\n"));
        BOOST_TEST(!kept("1.0", "Connection: keep-alive, close\r\n"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
