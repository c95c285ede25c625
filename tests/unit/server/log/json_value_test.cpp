#include "server/log/json_value.h"

#include <boost/test/unit_test.hpp>

using namespace baton;

namespace {

JsonValue read(std::string_view text) {
    const auto value = JsonValue::parse(text);
    BOOST_REQUIRE_MESSAGE(value.has_value(), text);
    return *value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(json_value)

BOOST_AUTO_TEST_CASE(members_and_items_are_found) {
    const JsonValue value = read(R"( {"a": [1, {"b": "text"}, true, null], "c": -2.5e1 } )");
    BOOST_TEST(value["a"].items().size() == 4U);
    BOOST_TEST(value["a"].items()[0].count() == 1U);
    BOOST_TEST(value["a"].items()[1]["b"].text() == "text");
    BOOST_TEST(value["a"].items()[2].number() == 1);
    BOOST_TEST(value["c"].number() == -25);
    BOOST_TEST(value["c"].count() == 0U);
    BOOST_TEST(value.has("c"));
    BOOST_TEST(read("[]").items().empty());
    BOOST_TEST(!read("{}").has("a"));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_reads_as_nothing) {
    const JsonValue value = read(R"({"a": "text"})");
    BOOST_TEST(value["b"]["c"].text().empty());
    BOOST_TEST(value["b"].items().empty());
    BOOST_TEST(value["a"].number() == 0);
}

BOOST_AUTO_TEST_CASE(escapes_become_what_they_mean) {
    BOOST_TEST(read(R"("\"\\\/\b\f\n\r\t")").text() == "\"\\/\b\f\n\r\t");
    BOOST_TEST(read(R"("\u0041\u00e9\u20AC\ud800")").text() == "Aé€?");
}

BOOST_AUTO_TEST_CASE(what_is_not_exactly_one_value_is_refused) {
    for (const char* const text : {"", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"a",
                                   "\"\\x\"", "\"\\u12\"", "tru", "1 2", "{} x", "-"})
        BOOST_TEST(!JsonValue::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(nesting_has_a_bound) {
    BOOST_TEST(JsonValue::parse(std::string(30, '[') + std::string(30, ']')).has_value());
    BOOST_TEST(!JsonValue::parse(std::string(100'000, '[')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
