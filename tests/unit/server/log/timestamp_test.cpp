#include "server/log/timestamp.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;
using baton::TimestampWriter;
using baton::WallTime;

// 2026-11-21T10:00:00Z
constexpr WallTime morning{std::chrono::seconds{1'795'255'200}};

std::string written(TimestampWriter& writer, WallTime time) {
    std::array<char, TimestampWriter::longest> text;
    return {text.data(), writer.write(text.data(), time)};
}

BOOST_AUTO_TEST_SUITE(timestamps)

BOOST_AUTO_TEST_CASE(microseconds_are_rfc_3339) {
    TimestampWriter writer(TimestampWriter::Precision::microseconds);
    BOOST_TEST(written(writer, morning) == "2026-11-21T10:00:00.000000Z");
    BOOST_TEST(written(writer, morning + 123'456'999ns) == "2026-11-21T10:00:00.123456Z");
    BOOST_TEST(written(writer, morning + 1s) == "2026-11-21T10:00:01.000000Z");
    BOOST_TEST(written(writer, morning - 1ns) == "2026-11-21T09:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(milliseconds_have_three_digits) {
    TimestampWriter writer(TimestampWriter::Precision::milliseconds);
    BOOST_TEST(written(writer, morning + 7'900us) == "2026-11-21T10:00:00.007Z");
    BOOST_TEST(written(writer, WallTime{-1ns}) == "1969-12-31T23:59:59.999Z");
}

BOOST_AUTO_TEST_CASE(the_common_log_has_local_time_with_its_offset) {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    baton::CommonLogTime utc;
    BOOST_TEST(utc.format(morning) == "21/Nov/2026:10:00:00 +0000");
    ::setenv("TZ", "XST+4:30", 1);
    ::tzset();
    baton::CommonLogTime west;
    BOOST_TEST(west.format(morning) == "21/Nov/2026:05:30:00 -0430");
    ::unsetenv("TZ");
    ::tzset();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
