#include "proxy/http/forwarding_headers.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace baton;
using config::ForwardedStyle;
using http::Field;
using http::FieldId;
using http::ForwardingHeaders;

namespace {

struct Hop {
    config::Listener listener;
    http::FieldList fields;
    std::string peer = "192.0.2.1";
    std::string host = "example.com:8080";
    std::uint64_t suppressed = 0;

    Hop& trusting(std::string_view block) {
        listener.trusted_proxies.push_back(*config::Cidr::parse(block));
        return *this;
    }
    Hop& with(ForwardedStyle style) {
        listener.forwarded = style;
        return *this;
    }
    Hop& sent(std::string_view name, std::string_view value) {
        fields.add({name, value, http::field_id(name)});
        return *this;
    }
    template <class Use>
    auto use(Use&& what) const {
        const http::Peer known(peer == "unix" ? *Address::unix_path("/x") : *Address::ip(peer, 1),
                               listener.trusted_proxies);
        return what(ForwardingHeaders({.listener = listener,
                                       .peer = known,
                                       .fields = fields,
                                       .host = host,
                                       .local_port = 8080,
                                       .suppressed = suppressed}));
    }
    std::string written() const {
        return use([](const ForwardingHeaders& headers) {
            BlockPool pool;
            ByteQueue out(pool);
            http::HeadWriter writer(out);
            std::string scratch;
            headers.write(writer, scratch);
            writer.end();
            const std::string head = out.to_string();
            return head.substr(0, head.size() - 2);  // without the empty line
        });
    }
    bool replaces(std::string_view name) const {
        return use([&](const ForwardingHeaders& headers) {
            return headers.replaces({name, "", http::field_id(name)});
        });
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(forwarding_headers)

BOOST_AUTO_TEST_CASE(what_an_untrusted_client_says_is_replaced) {
    Hop hop;
    hop.sent("X-Forwarded-For", "6.6.6.6")
        .sent("X-Forwarded-Proto", "https")
        .sent("X-Forwarded-Host", "evil");
    BOOST_TEST(hop.written() ==
               "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
               "X-Forwarded-Host: example.com:8080\r\nX-Forwarded-Port: 8080\r\n");
    for (const std::string_view name :
         {"X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded",
          "X-Real-IP", "X_Forwarded_For", "X-Forwarded_Proto"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(hop.replaces(name));
        }
    }
    for (const std::string_view name : {"Via", "X-Forwarded", "Accept", "Host"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!hop.replaces(name));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_trusted_proxy_says_is_extended) {
    Hop hop;
    hop.trusting("192.0.2.0/24")
        .sent("X-Forwarded-For", "203.0.113.5")
        .sent("X-Forwarded-For", "10.0.0.1")
        .sent("X-Forwarded-Proto", "https")
        .sent("X-Forwarded-Host", "shop.example")
        .sent("X-Real-IP", "203.0.113.5");
    BOOST_TEST(hop.written() ==
               "X-Forwarded-For: 203.0.113.5, 10.0.0.1, 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
               "X-Forwarded-Host: shop.example\r\nX-Forwarded-Port: 443\r\n");
    BOOST_TEST(!hop.replaces("X-Real-IP"));
    BOOST_TEST(!hop.replaces("Forwarded"));
    hop.sent("X-Forwarded-Port", "8443");
    BOOST_TEST(hop.written().ends_with("X-Forwarded-Port: 8443\r\n"));
}

BOOST_AUTO_TEST_CASE(nonsense_from_a_trusted_proxy_is_not_passed_on) {
    Hop hop;
    hop.trusting("192.0.2.0/24").sent("X-Forwarded-Proto", "gopher").sent("X-Forwarded-Port", "80x");
    const std::string written = hop.written();
    BOOST_TEST(written.find("X-Forwarded-Proto: http\r\n") != std::string::npos);
    BOOST_TEST(written.find("X-Forwarded-Port: 80\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(forwarded_has_the_grammar_of_rfc_7239) {
    Hop hop;
    hop.with(ForwardedStyle::forwarded).sent("Forwarded", "for=6.6.6.6");
    BOOST_TEST(hop.written() == "Forwarded: for=192.0.2.1;host=\"example.com:8080\";proto=http\r\n");
    hop.peer = "2001:db8::1";
    hop.host = "example.com";
    BOOST_TEST(hop.written() == "Forwarded: for=\"[2001:db8::1]\";host=example.com;proto=http\r\n");
    hop.trusting("2001:db8::/32");
    BOOST_TEST(hop.written() ==
               "Forwarded: for=6.6.6.6, for=\"[2001:db8::1]\";host=example.com;proto=http\r\n");
    hop.peer = "unix";
    BOOST_TEST(hop.written() == "Forwarded: for=unknown;host=example.com;proto=http\r\n");
}

BOOST_AUTO_TEST_CASE(the_style_says_which_fields_are_written) {
    Hop both;
    both.with(ForwardedStyle::both);
    BOOST_TEST(both.written().starts_with("X-Forwarded-For: 192.0.2.1\r\n"));
    BOOST_TEST(both.written().find("\r\nForwarded: for=192.0.2.1;") != std::string::npos);

    Hop off;
    off.with(ForwardedStyle::off);
    BOOST_TEST(off.written() == "");
    BOOST_TEST(off.replaces("X-Forwarded-For"));
    off.trusting("192.0.2.0/24");
    BOOST_TEST(!off.replaces("X-Forwarded-For"));
}

BOOST_AUTO_TEST_CASE(a_unix_peer_gives_no_x_forwarded_for) {
    Hop hop;
    hop.peer = "unix";
    BOOST_TEST(hop.written().starts_with("X-Forwarded-Proto: http\r\n"));
}

BOOST_AUTO_TEST_CASE(via_is_a_line_of_its_own_where_wanted) {
    Hop hop;
    hop.with(ForwardedStyle::off).listener.via = true;
    BOOST_TEST(hop.written() == "Via: 1.1 baton\r\n");
    BOOST_TEST(http::via_value(0) == "1.0 baton");
}

BOOST_AUTO_TEST_CASE(a_field_that_a_rule_removes_or_sets_is_not_written) {
    Hop hop;
    hop.with(ForwardedStyle::both).listener.via = true;
    for (const FieldId id : {FieldId::x_forwarded_for, FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
                             FieldId::x_forwarded_port, FieldId::forwarded, FieldId::via}) {
        hop.suppressed |= std::uint64_t{1} << static_cast<unsigned>(id);
    }
    BOOST_TEST(hop.written() == "");
}

BOOST_AUTO_TEST_SUITE_END()
