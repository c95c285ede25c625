#include "proxy/route/template_evaluation.h"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace baton;
using route::Destination;
using route::TemplateValues;

namespace {

struct Request {
    http::FieldList fields;
    std::array<std::string_view, 2> groups{"/users/42", "42"};
    TemplateValues values;

    Request() {
        fields.add({"X-User", "ann", http::FieldId::other});
        fields.add({"Cookie", "sid=1; theme=dark", http::FieldId::cookie});
        fields.add({"Cookie", "lang=de", http::FieldId::cookie});
        values.host = "example.com";
        values.path = "/users/42";
        values.query = "q=a%20b&n=x%0D%0AInjected:%201&e=";
        values.has_query = true;
        values.method = "GET";
        values.client_ip = "192.0.2.1";
        values.client_port = 5000;
        values.endpoint = "app:3000";
        values.upstream = "app";
        values.request_id = "id-1";
        values.status = 200;
        values.duration = std::chrono::milliseconds(15);
        values.fields = &fields;
        values.groups = groups;
    }
    std::string operator()(std::string_view text, Destination destination = Destination::field_value) const {
        const auto parsed = config::Template::parse(text);
        BOOST_REQUIRE(parsed);
        std::string scratch;
        return std::string(route::evaluated(*parsed, values, destination, scratch));
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(template_evaluation)

BOOST_AUTO_TEST_CASE(every_variable_gives_its_value) {
    const Request request;
    struct Row {
        std::string_view text, value;
    };
    constexpr Row rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"{scheme}://{host}{path}", "http://example.com/users/42"},
        {"{method} {client_ip}:{client_port}", "GET 192.0.2.1:5000"},
        {"{endpoint} {upstream} {request_id}", "app:3000 app id-1"},
        {"{status} {duration}", "200 15"},
        {"{header.x-user} {header.X-USER} {header.none}", "ann ann "},
        {"{cookie.sid}{cookie.theme}{cookie.lang}{cookie.none}", "1darkde"},
        {"{query.q}|{query.e}|{query.none}", "a b||"},
        {"{re.0} {re.1} {re.2}", "/users/42 42 "},
        {"{tls.version}{tls.client_subject}", ""},
        {"\\{host}", "{host}"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.text) {
            BOOST_TEST(request(row.text) == row.value);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_uri_is_the_path_and_the_query_as_sent) {
    Request request;
    BOOST_TEST(request("{uri}") == "/users/42?q=a%20b&n=x%0D%0AInjected:%201&e=");
    request.values.query = "";
    BOOST_TEST(request("{uri}") == "/users/42?");
    request.values.has_query = false;
    BOOST_TEST(request("{uri}") == "/users/42");
}

BOOST_AUTO_TEST_CASE(a_decoded_value_can_never_end_the_line_of_a_field) {
    const Request request;
    BOOST_TEST(request("{query.n}") == "x%0D%0AInjected: 1");
    BOOST_TEST(request("a\nb\r{host}") == "a%0Ab%0Dexample.com");
    BOOST_TEST(request("{query.n}", Destination::text) == "x\r\nInjected: 1");
}

BOOST_AUTO_TEST_CASE(in_a_url_values_stay_encoded) {
    Request request;
    BOOST_TEST(request("/s?q={query.q}", Destination::url) == "/s?q=a%20b");
    request.fields.add({"X-Odd", "a b\"<\xc3\xa9>?#", http::FieldId::other});
    BOOST_TEST(request("/{header.x-odd}", Destination::url) == "/a%20b%22%3C%C3%A9%3E?#");
    BOOST_TEST(request("/{header.x-odd}", Destination::path) == "/a%20b%22%3C%C3%A9%3E%3F%23");
}

BOOST_AUTO_TEST_CASE(a_plain_text_is_not_copied) {
    const auto literal = config::Template::literal("hello");
    std::string scratch;
    const auto value = route::evaluated(literal, {}, Destination::text, scratch);
    BOOST_TEST(value.data() == literal.parts().front().text.data());
}

BOOST_AUTO_TEST_CASE(cookies_are_found_by_their_whole_name) {
    http::FieldList fields;
    BOOST_TEST(route::find_cookie(fields, "sid") == "");
    fields.add({"Cookie", "xsid=1;sid2=2;  sid=a=b; sid=second", http::FieldId::cookie});
    BOOST_TEST(route::find_cookie(fields, "sid") == "a=b");
    BOOST_TEST(route::find_cookie(fields, "SID") == "");
}

BOOST_AUTO_TEST_SUITE_END()
