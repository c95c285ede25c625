#include "proxy/route/header_rules.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using route::HeaderRules;

namespace {

config::Template text(std::string_view source) {
    return *config::Template::parse(source);
}

std::string written(const HeaderRules& rules, const route::TemplateValues& values = {}) {
    BlockPool pool;
    ByteQueue out(pool);
    http::HeadWriter writer(out);
    std::string scratch;
    rules.write(writer, values, scratch);
    writer.end();
    const std::string head = out.to_string();
    return head.substr(0, head.size() - 2);  // without the empty line
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header_rules)

BOOST_AUTO_TEST_CASE(without_rules_nothing_happens) {
    const HeaderRules rules;
    BOOST_TEST(rules.empty());
    BOOST_TEST(!rules.removes("Server"));
    BOOST_TEST(written(rules) == "");
}

BOOST_AUTO_TEST_CASE(removed_names_are_compared_without_case_and_by_prefix) {
    config::HeaderRules settings;
    settings.remove = {"server", "x-powered-by", "x-debug-*", "sec-websocket-*"};
    const HeaderRules rules(settings);
    BOOST_TEST(!rules.empty());
    for (const std::string_view name :
         {"Server", "X-Powered-By", "x-POWERED-by", "X-Debug-", "X-Debug-Time", "Sec-WebSocket-Key"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(rules.removes(name));
        }
    }
    for (const std::string_view name : {"X-Powered-Bz", "X-Debug", "Date", "X-Powered-By-Me"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!rules.removes(name));
        }
    }
    BOOST_TEST(rules.removes(http::FieldId::server));
}

BOOST_AUTO_TEST_CASE(set_replaces_and_add_does_not) {
    config::HeaderRules settings;
    settings.set = {{"X-Frame-Options", text("DENY")}, {"Referer", text("{client_ip}")}};
    settings.add = {{"Link", text("</a>")}, {"Link", text("</b>")}};
    const HeaderRules rules(settings);
    BOOST_TEST(rules.removes("x-frame-options"));
    BOOST_TEST(rules.removes("referer"));
    BOOST_TEST(!rules.removes("link"));
    route::TemplateValues values;
    values.client_ip = "192.0.2.1";
    BOOST_TEST(written(rules, values) ==
               "X-Frame-Options: DENY\r\nReferer: 192.0.2.1\r\nLink: </a>\r\nLink: </b>\r\n");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_empty_writes_no_line) {
    config::HeaderRules settings;
    settings.set = {{"X-User", text("{header.x-none}")}};
    const HeaderRules rules(settings);
    BOOST_TEST(rules.removes("X-User"));
    BOOST_TEST(written(rules) == "");
}

BOOST_AUTO_TEST_CASE(what_a_client_sends_cannot_begin_a_line) {
    config::HeaderRules settings;
    settings.set = {{"X-Name", text("{query.name}")}};
    route::TemplateValues values;
    values.query = "name=a%0d%0aX-Admin:%20yes%00";
    values.has_query = true;
    BOOST_TEST(written(HeaderRules(settings), values) == "X-Name: a%0D%0AX-Admin: yes%00\r\n");
}

BOOST_AUTO_TEST_CASE(framing_and_the_hop_are_out_of_reach) {
    config::HeaderRules settings;
    settings.remove = {"content-length", "host", "co*", "te", "*"};
    settings.set = {{"Transfer-Encoding", text("chunked")}, {"Connection", text("close")}};
    settings.add = {{"Content-Length", text("5")}, {"Upgrade", text("x")}, {"Host", text("b")}};
    const HeaderRules rules(settings);
    for (const std::string_view name : {"Content-Length", "Host", "Connection", "Transfer-Encoding", "TE",
                                        "Upgrade", "Trailer", "Keep-Alive"}) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!rules.removes(name));
        }
    }
    BOOST_TEST(rules.removes("Cookie"));
    BOOST_TEST(rules.removes("Anything"));
    BOOST_TEST(written(rules) == "");
}

BOOST_AUTO_TEST_CASE(host_may_be_set) {
    config::HeaderRules settings;
    settings.set = {{"Host", text("internal")}};
    const HeaderRules rules(settings);
    BOOST_TEST(rules.removes(http::FieldId::host));
    BOOST_TEST(written(rules) == "Host: internal\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
