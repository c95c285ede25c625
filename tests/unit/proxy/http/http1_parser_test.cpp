#include "proxy/http/http1_parser.h"

#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace baton;
using namespace baton::http;

BOOST_AUTO_TEST_SUITE(http1_parser)

BOOST_AUTO_TEST_CASE(pipelined_requests_are_parsed_one_after_the_other) {
    std::string text = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\nX: y\r\n\r\n";
    RequestParser parser;
    RequestHead head;
    BOOST_TEST(parser.parse(text, head, {}).status == ParseStatus::complete);
    BOOST_TEST(head.path == "/1");
    text.erase(0, head.size);
    parser.reset();
    BOOST_TEST(parser.parse(text, head, {}).status == ParseStatus::complete);
    BOOST_TEST(head.path == "/2");
    BOOST_TEST(head.authority == "b");
    BOOST_TEST(head.fields.size() == 2u);
    BOOST_TEST(head.size == text.size());
}

BOOST_AUTO_TEST_CASE(a_head_carries_nothing_over_from_the_one_before) {
    RequestHead head;
    const std::string first =
        "POST http://x/y?z HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
    const std::string second = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
    BOOST_TEST(RequestParser{}.parse(first, head, {}).status == ParseStatus::complete);
    BOOST_TEST(RequestParser{}.parse(second, head, {}).status == ParseStatus::complete);
    BOOST_TEST((head.method == Method::get));
    BOOST_TEST((head.form == TargetForm::origin));
    BOOST_TEST(head.scheme == "");
    BOOST_TEST(head.authority == "b");
    BOOST_TEST(!head.has_query);
    BOOST_TEST(head.query == "");
    BOOST_TEST(head.framing == BodyFraming{});
    BOOST_TEST(head.keep_alive);
    BOOST_TEST(head.minor_version == 1);
}

BOOST_AUTO_TEST_CASE(views_point_into_the_last_data_even_when_it_has_moved) {
    RequestParser parser;
    RequestHead head;
    const std::string first = "GET /path HTTP/1.1\r\nHost: a\r\nX: ";
    BOOST_TEST(parser.parse(first, head, {}).status == ParseStatus::need_more);
    const std::string second = first + "y\r\n\r\n";
    BOOST_TEST(parser.parse(second, head, {}).status == ParseStatus::complete);
    const auto inside = [&second](std::string_view view) {
        return view.data() >= second.data() && view.data() + view.size() <= second.data() + second.size();
    };
    BOOST_TEST(inside(head.path));
    BOOST_TEST(inside(head.authority));
    for (const Field& field : head.fields) BOOST_TEST((inside(field.name) && inside(field.value)));
}

BOOST_AUTO_TEST_CASE(every_rejection_has_a_name_of_its_own_and_a_status_of_an_error) {
    std::set<std::string_view> names;
    for (unsigned i = 0; i <= static_cast<unsigned>(Rejection::bad_trailer); ++i) {
        const auto rejection = static_cast<Rejection>(i);
        BOOST_TEST(names.insert(rejection_name(rejection)).second);
        BOOST_TEST(rejection_status(rejection) >= 400);
    }
    BOOST_TEST(rejection_status(Rejection::bad_request_line) == 400);
    BOOST_TEST(rejection_status(Rejection::conflicting_length) == 400);
}

BOOST_AUTO_TEST_SUITE_END()
