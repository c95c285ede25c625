#include "proxy/http/client_address.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace baton;
using http::PartyAddress;
using http::Peer;

namespace {

config::Listener behind(std::vector<std::string> blocks,
                        config::ForwardedStyle style = config::ForwardedStyle::x_forwarded) {
    config::Listener listener;
    for (const std::string& block : blocks) listener.trusted_proxies.push_back(*config::Cidr::parse(block));
    listener.forwarded = style;
    return listener;
}

std::string client(const config::Listener& listener, std::string_view peer,
                   const std::vector<std::string>& lines) {
    const bool rfc = listener.forwarded == config::ForwardedStyle::forwarded;
    http::FieldList fields;
    for (const std::string& line : lines) {
        fields.add(rfc ? http::Field{"Forwarded", line, http::FieldId::forwarded}
                       : http::Field{"X-Forwarded-For", line, http::FieldId::x_forwarded_for});
    }
    const Peer known(*Address::ip(peer, 1000), listener.trusted_proxies);
    return std::string(http::resolve_client(known, fields, listener).text());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_address)

BOOST_AUTO_TEST_CASE(nobody_is_believed_by_default) {
    BOOST_TEST(client(behind({}), "192.0.2.1", {"1.2.3.4"}) == "192.0.2.1");
    BOOST_TEST(client(behind({"10.0.0.0/8"}), "192.0.2.1", {"1.2.3.4"}) == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(behind_trusted_proxies_the_right_most_other_address_is_the_client) {
    struct Row {
        std::vector<std::string> lines;
        std::string client;
    };
    const Row rows[] = {
        {{}, "10.0.0.1"},
        {{"192.0.2.7"}, "192.0.2.7"},
        {{"6.6.6.6, 192.0.2.7"}, "192.0.2.7"},
        {{"6.6.6.6, 192.0.2.7,10.0.0.9 , 10.1.0.9"}, "192.0.2.7"},
        {{"6.6.6.6", "192.0.2.7", "10.0.0.9"}, "192.0.2.7"},
        {{"10.0.0.8, 10.0.0.9"}, "10.0.0.8"},
        {{"192.0.2.7:4711"}, "192.0.2.7"},
        {{"2001:DB8::7"}, "2001:db8::7"},
        {{"[2001:db8::7]:4711"}, "2001:db8::7"},
        {{"::ffff:192.0.2.7"}, "192.0.2.7"},
        {{"192.0.2.7, unknown"}, "10.0.0.1"},
        {{"192.0.2.7, unknown, 10.0.0.9"}, "10.0.0.9"},
        {{"192.0.2.7, "}, "10.0.0.1"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.client) {
            BOOST_TEST(client(behind({"10.0.0.0/8"}), "10.0.0.1", row.lines) == row.client);
        }
    }
}

BOOST_AUTO_TEST_CASE(with_the_style_forwarded_that_field_is_read) {
    const auto listener = behind({"10.0.0.0/8"}, config::ForwardedStyle::forwarded);
    struct Row {
        std::vector<std::string> lines;
        std::string client;
    };
    const Row rows[] = {
        {{"for=192.0.2.7"}, "192.0.2.7"},
        {{"for=6.6.6.6, proto=http;For=192.0.2.7;by=x, for=10.0.0.9"}, "192.0.2.7"},
        {{"for=\"[2001:db8::7]:4711\""}, "2001:db8::7"},
        {{"for=\"_a, b\", for=10.0.0.9"}, "10.0.0.9"},
        {{"for=192.0.2.7, for=_hidden"}, "10.0.0.1"},
        {{"proto=http"}, "10.0.0.1"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.lines.front()) {
            BOOST_TEST(client(listener, "10.0.0.1", row.lines) == row.client);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_unix_peer_has_no_address_and_is_not_trusted) {
    const Peer peer(*Address::unix_path("/tmp/x"), behind({"0.0.0.0/0"}).trusted_proxies);
    BOOST_TEST(!peer.trusted);
    BOOST_TEST(peer.address.text() == "unix");
    BOOST_TEST(!peer.address.is_ip());
    BOOST_TEST(peer.address.bytes().empty());
}

BOOST_AUTO_TEST_CASE(only_addresses_are_read_as_addresses) {
    for (const std::string_view text :
         {"", "unknown", "1.2.3", "1.2.3.4.5", "[1.2.3.4]", "[::1", "[::1]x", "a:b", "1.2.3.4x"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!PartyAddress::parse(text));
        }
    }
    BOOST_TEST(PartyAddress::parse("192.0.2.1:80")->port() == 80);
    BOOST_TEST(PartyAddress::parse("[::1]:_x")->port() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
