#include "proxy/http/heads.h"

#include "proxy/http/hop_by_hop.h"

#include <boost/test/unit_test.hpp>

using namespace baton::http;

namespace {
Field field(std::string_view name, std::string_view value) {
    return {name, value, field_id(name)};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(heads)

BOOST_AUTO_TEST_CASE(a_list_finds_known_and_unknown_fields_by_name) {
    FieldList fields;
    fields.add(field("X-A", "1"));
    fields.add(field("Host", "h"));
    fields.add(field("x-a", "2"));
    BOOST_TEST(fields.has(FieldId::host));
    BOOST_TEST(!fields.has(FieldId::cookie));
    BOOST_TEST(fields.first(FieldId::host) == "h");
    BOOST_TEST(fields.first(FieldId::cookie) == "");
    BOOST_TEST(fields.find("X-a")->value == "1");
    BOOST_TEST(fields.find("HOST")->value == "h");
    BOOST_TEST(!fields.find("X-B"));
    BOOST_TEST(!fields.find("Cookie"));
}

BOOST_AUTO_TEST_CASE(a_cleared_list_has_nothing) {
    FieldList fields;
    fields.add(field("Host", "h"));
    fields.clear();
    BOOST_TEST(fields.size() == 0u);
    BOOST_TEST(!fields.has(FieldId::host));
}

BOOST_AUTO_TEST_CASE(a_list_grows_beyond_its_inline_room) {
    FieldList fields;
    for (int i = 0; i < 100; ++i) fields.add(field(i == 99 ? "Host" : "X", "v"));
    BOOST_TEST(fields.size() == 100u);
    BOOST_TEST(fields.first(FieldId::host) == "v");
}

BOOST_AUTO_TEST_CASE(tokens_are_found_in_every_line_of_a_list_without_case) {
    FieldList fields;
    fields.add(field("Upgrade", "a, WebSocket"));
    fields.add(field("Upgrade", " ,b"));
    BOOST_TEST(lists_token(fields, FieldId::upgrade, "websocket"));
    BOOST_TEST(lists_token(fields, FieldId::upgrade, "b"));
    BOOST_TEST(!lists_token(fields, FieldId::upgrade, "socket"));
    BOOST_TEST(!lists_token(fields, FieldId::connection, "a"));
}

BOOST_AUTO_TEST_CASE(names_with_an_underscore_are_not_forwardable) {
    BOOST_TEST(forwardable_name("X-Real-IP"));
    BOOST_TEST(!forwardable_name("X_Real_IP"));
}

BOOST_AUTO_TEST_SUITE_END()
