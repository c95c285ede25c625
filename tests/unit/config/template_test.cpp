#include "config/template.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

BOOST_AUTO_TEST_SUITE(template_parsing)

BOOST_AUTO_TEST_CASE(literals_and_variables_alternate) {
    const auto parsed = Template::parse("https://{host}{uri}#x");
    BOOST_REQUIRE(parsed);
    const auto& parts = parsed->parts();
    BOOST_REQUIRE_EQUAL(parts.size(), 4U);
    BOOST_TEST(parts[0].text == "https://");
    BOOST_TEST(!parts[0].is_variable);
    BOOST_TEST((parts[1].is_variable && parts[1].variable == Variable::host));
    BOOST_TEST((parts[2].is_variable && parts[2].variable == Variable::uri));
    BOOST_TEST(parts[3].text == "#x");
    BOOST_TEST(parsed->source() == "https://{host}{uri}#x");
}

BOOST_AUTO_TEST_CASE(arguments_are_kept_and_header_names_lowered) {
    const auto parsed = Template::parse("{header.X-User}{cookie.Sid}{query.q}{query}{re.1}");
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->parts()[0].text == "x-user");
    BOOST_TEST(parsed->parts()[1].text == "Sid");
    BOOST_TEST((parsed->parts()[2].variable == Variable::query_parameter));
    BOOST_TEST((parsed->parts()[3].variable == Variable::query));
    BOOST_TEST(parsed->parts()[4].text == "1");
}

BOOST_AUTO_TEST_CASE(escaped_braces_and_backslashes_are_literal_and_groups_stay) {
    const auto parsed = Template::parse(R"(\{"a":1} \\ \1)");
    BOOST_REQUIRE(parsed);
    BOOST_TEST(parsed->is_literal());
    BOOST_TEST(parsed->parts().front().text == R"({"a":1} \ \1)");
}

BOOST_AUTO_TEST_CASE(an_unknown_variable_is_placed_and_the_nearest_is_proposed) {
    const auto parsed = Template::parse("http://{hots}/");
    BOOST_REQUIRE(!parsed);
    BOOST_TEST(parsed.error().offset == 7U);
    BOOST_TEST(parsed.error().length == 6U);
    BOOST_TEST(parsed.error().help == "did you mean `{host}`?");
    BOOST_TEST(Template::parse("{heder.x}").error().help == "did you mean `{header.x}`?");
}

BOOST_AUTO_TEST_CASE(a_brace_that_is_not_closed_or_has_no_name_is_refused) {
    for (const char* text : {"{", "a{host", "{}", "{header.}", "{re.x}", "{re.10}", "{header.a b}"})
        BOOST_TEST(!Template::parse(text), text);
}

BOOST_AUTO_TEST_CASE(an_empty_text_is_an_empty_literal) {
    BOOST_TEST(Template::parse("")->empty());
    BOOST_TEST(Template::parse("")->is_literal());
    BOOST_TEST(Template::literal("a{b").source() == "a\\{b");
    BOOST_TEST(Template::parse(Template::literal("a{b\\").source())->parts().front().text == "a{b\\");
}

BOOST_AUTO_TEST_SUITE_END()
