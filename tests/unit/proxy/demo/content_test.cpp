#include "proxy/demo/content.h"

#include "proxy/demo/event_text.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

BOOST_AUTO_TEST_SUITE(demo_content)

BOOST_AUTO_TEST_CASE(content_repeats_its_token_up_to_the_size) {
    BOOST_TEST(repeated_content("ab", 8) == "ab\nab\nab");
    BOOST_TEST(repeated_content("ab", 0).empty());
}

BOOST_AUTO_TEST_CASE(content_is_accepted_however_it_is_split) {
    const std::string content = repeated_content("7-12", 1000);
    for (const std::size_t piece : {1U, 3U, 999U, 1000U}) {
        ContentCheck check;
        check.expect("7-12", 1000);
        for (std::size_t at = 0; at < content.size(); at += piece)
            check.see(std::string_view(content).substr(at, piece));
        BOOST_TEST(check.complete());
        BOOST_TEST(check.verdict().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_changed_byte_is_found_with_its_place) {
    std::string content = repeated_content("token", 600);
    content[100] = '!';
    ContentCheck check;
    check.expect("token", 600);
    check.see(content);
    BOOST_TEST(!check.complete());
    BOOST_TEST(check.verdict() == "wrong bytes from 96 of 600 expected bytes");
}

BOOST_AUTO_TEST_CASE(missing_and_surplus_bytes_are_found) {
    ContentCheck check;
    check.expect("x", 10);
    check.see("x\nx\n");
    BOOST_TEST(check.verdict() == "the response ended after 4 of 10 expected bytes");
    check.see("x\nx\nx\nx");
    BOOST_TEST(!check.complete());
}

BOOST_AUTO_TEST_CASE(a_digest_tells_length_and_order_of_bytes) {
    Digest one, two, split;
    one.add("ab");
    two.add("ba");
    split.add("a");
    split.add("b");
    BOOST_TEST(one.answer() != two.answer());
    BOOST_TEST(one.answer() == split.answer());
    BOOST_TEST(one.answer() == "2 089c4407b545986a\n");
}

BOOST_AUTO_TEST_CASE(an_event_carries_its_number_and_nothing_else_is_one) {
    BOOST_TEST(make_event(12) == "id: 12\ndata: event 12\n\n");
    BOOST_TEST(number_of_event(make_event(12)) == 12U);
    BOOST_TEST(number_of_event("id: 12\ndata: event 13\n\n") == 0U);
    BOOST_TEST(number_of_event("data: event 12\n\n") == 0U);
    BOOST_TEST(number_of_event("") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
