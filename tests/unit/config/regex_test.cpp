#include "config/regex.h"

#include <array>
#include <boost/test/unit_test.hpp>

using baton::config::Regex;

namespace {

Regex compiled(std::string_view pattern) {
    std::string error;
    Regex regex = Regex::compile(pattern, error);
    BOOST_REQUIRE_MESSAGE(!regex.empty(), error);
    return regex;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(regex)

BOOST_AUTO_TEST_CASE(a_match_at_the_start_gives_its_groups) {
    std::array<std::string_view, 3> groups;
    const std::string path = "/blog/42/rest";
    BOOST_TEST(compiled("/blog/([0-9]+)").matches_start(path, groups));
    BOOST_TEST(groups[0] == "/blog/42");
    BOOST_TEST(groups[1] == "42");
    BOOST_TEST(groups[2] == "");
    BOOST_TEST(!compiled("blog").matches_start(path));
}

BOOST_AUTO_TEST_CASE(a_pattern_is_found_anywhere_when_asked_so) {
    BOOST_TEST(compiled("b+").found_in("aabbcc"));
    BOOST_TEST(!compiled("x").found_in("aabbcc"));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_and_newlines_do_not_evade_a_pattern) {
    BOOST_TEST(
        compiled("/a.b").matches_start("/a\xff"
                                       "b"));
    BOOST_TEST(compiled("/a.b").matches_start("/a\nb"));
}

BOOST_AUTO_TEST_CASE(the_first_match_is_replaced_with_groups) {
    std::string text = "/v1/x/v1";
    BOOST_TEST(compiled("/v([0-9])").replace_first(text, "/api\\1"));
    BOOST_TEST(text == "/api1/x/v1");
    BOOST_TEST(!compiled("nothing").replace_first(text, ""));
}

BOOST_AUTO_TEST_CASE(a_bad_pattern_is_empty_and_says_why) {
    std::string error;
    BOOST_TEST(Regex::compile("(", error).empty());
    BOOST_TEST(!error.empty());
    BOOST_TEST(Regex::compile("(a)\\1", error).empty());
    BOOST_TEST(!Regex{}.matches_start(""));
    BOOST_TEST(!Regex{}.found_in(""));
}

BOOST_AUTO_TEST_CASE(a_replacement_may_name_only_groups_that_exist) {
    std::string error;
    BOOST_TEST(compiled("(a)").accepts_replacement("\\1", error));
    BOOST_TEST(!compiled("(a)").accepts_replacement("\\2", error));
    BOOST_TEST(compiled("(a)(b)").group_count() == 2);
}

BOOST_AUTO_TEST_SUITE_END()
