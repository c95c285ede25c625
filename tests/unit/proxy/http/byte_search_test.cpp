#include "proxy/http/byte_search.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::http;

namespace {

template <class Class>
void check_every_byte_at_every_place(char harmless) {
    for (std::size_t size = 0; size < 50; size += 7) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(size, harmless);
                text[at] = static_cast<char>(byte);
                const std::size_t expected = Class::test(text[at]) ? at : size;
                const char* begin = text.data();
                const char* found = find_first<Class>(begin, begin + size, text);
                BOOST_REQUIRE_MESSAGE(found == begin + expected,
                                      "byte " << byte << " at " << at << " of " << size);
            }
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(byte_search)

BOOST_AUTO_TEST_CASE(sixteen_bytes_a_step_find_what_one_byte_a_step_finds) {
    check_every_byte_at_every_place<searched::Control>('a');
    check_every_byte_at_every_place<searched::OutsideTarget>('a');
    check_every_byte_at_every_place<searched::Exactly<':'>>('a');
}

BOOST_AUTO_TEST_CASE(a_hit_outside_the_searched_part_is_none) {
    const std::string text = ":aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:";
    for (std::size_t from = 1; from < text.size(); ++from)
        for (std::size_t to = from; to < text.size(); ++to)
            BOOST_REQUIRE(find_first<searched::Exactly<':'>>(text.data() + from, text.data() + to, text) ==
                          text.data() + to);
}

BOOST_AUTO_TEST_CASE(controls_are_everything_below_space_but_tab_and_delete) {
    for (int byte = 0; byte < 256; ++byte)
        BOOST_TEST(searched::Control::test(static_cast<char>(byte)) ==
                   ((byte < 32 && byte != '\t') || byte == 127));
}

BOOST_AUTO_TEST_SUITE_END()
