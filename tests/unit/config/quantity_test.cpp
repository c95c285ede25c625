#include "config/quantity.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

std::int64_t milliseconds(std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? duration->count() : -1;
}
std::string_view mistake(std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? "none" : duration.error().code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(quantities)

BOOST_AUTO_TEST_CASE(durations_have_units_and_may_be_combined) {
    BOOST_TEST(milliseconds("250ms") == 250);
    BOOST_TEST(milliseconds("30s") == 30'000);
    BOOST_TEST(milliseconds("1.5s") == 1'500);
    BOOST_TEST(milliseconds("1h30m") == 5'400'000);
    BOOST_TEST(milliseconds("365d") == 31'536'000'000);
    BOOST_TEST(milliseconds("0") == 0);
    BOOST_TEST(milliseconds("0s") == 0);
}

BOOST_AUTO_TEST_CASE(a_duration_without_unit_is_refused_with_a_proposal) {
    BOOST_TEST(parse_duration("3").error().code == "E-UNIT");
    BOOST_TEST(parse_duration("3").error().help == "write `3s` or `3ms`");
    BOOST_TEST(mistake("1h30") == "E-UNIT");
    BOOST_TEST(mistake("3 s") == "E-UNIT");
    BOOST_TEST(mistake("3sec") == "E-UNIT");
}

BOOST_AUTO_TEST_CASE(durations_that_make_no_sense_are_refused) {
    BOOST_TEST(mistake("") == "E-VALUE");
    BOOST_TEST(mistake("-3s") == "E-VALUE");
    BOOST_TEST(mistake("1m1h") == "E-VALUE");
    BOOST_TEST(mistake("1s1s") == "E-VALUE");
    BOOST_TEST(mistake("0.5ms") == "E-RANGE");
    BOOST_TEST(mistake("40000d") == "E-RANGE");
    BOOST_TEST(mistake("99999999999999999999999999h") == "E-RANGE");
}

BOOST_AUTO_TEST_CASE(sizes_are_binary_or_decimal) {
    BOOST_TEST(*parse_size("16KiB") == 16384U);
    BOOST_TEST(*parse_size("10MB") == 10'000'000U);
    BOOST_TEST(*parse_size("1.5KiB") == 1536U);
    BOOST_TEST(*parse_size("512B") == 512U);
    BOOST_TEST(*parse_size("0") == 0U);
    BOOST_TEST(parse_size("16").error().code == "E-UNIT");
    BOOST_TEST(parse_size("16K").error().code == "E-UNIT");
    BOOST_TEST(parse_size("x").error().code == "E-VALUE");
    BOOST_TEST(parse_size("99999999999TiB").error().code == "E-RANGE");
}

BOOST_AUTO_TEST_CASE(shares_are_between_nothing_and_all) {
    BOOST_TEST(*parse_percent("50%") == 0.5);
    BOOST_TEST(*parse_percent("0.5%") == 0.005);
    BOOST_TEST(parse_percent("50").error().code == "E-UNIT");
    BOOST_TEST(parse_percent("101%").error().code == "E-RANGE");
    BOOST_TEST(parse_percent("x%").error().code == "E-VALUE");
}

BOOST_AUTO_TEST_CASE(integers_are_decimal_and_never_guessed) {
    BOOST_TEST(*parse_integer("0") == 0);
    BOOST_TEST(*parse_integer("-7") == -7);
    BOOST_TEST(parse_integer("010").error().code == "E-VALUE");
    BOOST_TEST(parse_integer("010").error().help == "write `10`");
    BOOST_TEST(parse_integer("0x10").error().code == "E-TYPE");
    BOOST_TEST(parse_integer("1e3").error().code == "E-TYPE");
    BOOST_TEST(parse_integer("").error().code == "E-TYPE");
    BOOST_TEST(parse_integer("99999999999999999999").error().code == "E-RANGE");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
    for (const char* text : {"0", "1ms", "1h30m", "1d1ms", "75s", "36525d"}) {
        const auto duration = *parse_duration(text);
        BOOST_TEST((*parse_duration(duration_text(duration)) == duration), text);
    }
    for (const char* text : {"0", "1B", "1025B", "10MiB", "10MB", "1TiB"}) {
        const auto size = *parse_size(text);
        BOOST_TEST(*parse_size(size_text(size)) == size, text);
    }
    for (const char* text : {"0%", "50%", "0.5%", "33.333%", "100%"})
        BOOST_TEST(percent_text(*parse_percent(text)) == text);
}

BOOST_AUTO_TEST_SUITE_END()
