#include "server/log/log.h"

#include "server/log/text_value.h"
#include "tests/support/temporary_folder.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <string>

namespace {

using namespace std::chrono_literals;
using baton::test::TemporaryFolder;
namespace log = baton::log;

/// Logs into a file of its own.
struct LogToFile {
    TemporaryFolder folder;
    explicit LogToFile(baton::config::LogFormat format, log::Level level = log::Level::info) {
        baton::config::Logging settings;
        settings.format = format;
        settings.level = level;
        settings.output = folder.file("log");
        BOOST_REQUIRE(log::configure(settings, "g7/w2"));
    }
    ~LogToFile() { log::configure(baton::config::Logging{}, "test"); }
    std::string text() const { return folder.read("log"); }
    /// The only line behind its time.
    std::string line() const { return text().substr(text().find(' ') + 1); }
};

std::string text_value(std::string_view text) {
    std::string line;
    log::append_text_value(line, text);
    return line;
}

BOOST_AUTO_TEST_SUITE(error_log)

BOOST_AUTO_TEST_CASE(a_text_line_has_time_level_origin_event_and_values) {
    LogToFile to(baton::config::LogFormat::text);
    log::warn("test.text")
        .with("upstream", "web")
        .with("error", "no route to \"host\"")
        .with("tries", 3)
        .with("share", 0.5)
        .with("after", 1500ms)
        .with("reused", true);
    BOOST_TEST(to.line() ==
               "warn g7/w2 test.text upstream=web error=\"no route to \\\"host\\\"\" tries=3 share=0.500 "
               "after=1500ms reused=true\n");
    const std::string time = to.text().substr(0, to.text().find(' '));
    BOOST_TEST(time.size() == 24u);
    BOOST_TEST(time.back() == 'Z');
}

BOOST_AUTO_TEST_CASE(a_json_line_is_one_object) {
    LogToFile to(baton::config::LogFormat::json);
    log::error("test.json").with("error", "bad \xFF \"byte\"\n").with("tries", 3).with("fine", false);
    const std::string text = to.text();
    BOOST_TEST(text.starts_with("{\"ts\":\"2"));
    BOOST_TEST(text.substr(text.find(',') + 1) ==
               "\"level\":\"error\",\"origin\":\"g7/w2\",\"event\":\"test.json\",\"error\":\"bad \\u00ff "
               "\\\"byte\\\"\\n\","
               "\"tries\":3,\"fine\":false}\n");
}

BOOST_AUTO_TEST_CASE(a_level_below_the_configured_one_is_not_written) {
    LogToFile to(baton::config::LogFormat::text, log::Level::error);
    log::warn("test.level");
    BOOST_TEST(to.text() == "");
    BOOST_TEST(!log::enabled(log::Level::warn));
    BOOST_TEST(log::enabled(log::Level::crit));
}

BOOST_AUTO_TEST_CASE(a_value_never_starts_a_line_of_its_own) {
    BOOST_TEST(text_value("a\r\n2026 crit forged") == "\"a\\r\\n2026 crit forged\"");
    BOOST_TEST(text_value("\x1b[2J") == "\"\\x1b[2J\"");
    BOOST_TEST(text_value("\xC2\x9B"
                          "2J") == "\"\\xc2\\x9b2J\"");
    BOOST_TEST(text_value("\x80 \x7F") == "\"\\x80 \\x7f\"");
    BOOST_TEST(text_value("C:\\") == "\"C:\\\\\"");
    BOOST_TEST(text_value("grün") == "\"grün\"");
    BOOST_TEST(text_value("") == "\"\"");
    BOOST_TEST(text_value("127.0.0.1:80") == "127.0.0.1:80");
}

BOOST_AUTO_TEST_CASE(a_rotated_log_is_opened_anew) {
    LogToFile to(baton::config::LogFormat::text);
    log::info("test.before");
    std::filesystem::rename(to.folder.file("log"), to.folder.file("log.1"));
    log::reopen();
    log::info("test.after");
    BOOST_TEST(to.folder.read("log.1").ends_with("test.before\n"));
    BOOST_TEST(to.line() == "info g7/w2 test.after\n");
}

BOOST_AUTO_TEST_CASE(lines_lost_on_a_full_disk_are_counted) {
    baton::config::Logging settings;
    settings.output = "/dev/full";
    BOOST_REQUIRE(log::configure(settings, "g1/master"));
    const std::uint64_t before = log::dropped_lines();
    log::info("test.lost");
    BOOST_TEST(log::dropped_lines() >= before + 1);
    LogToFile to(baton::config::LogFormat::text);
    log::info("test.found");
    BOOST_TEST(to.text().find("log.lines_dropped count=") != std::string::npos);
    BOOST_TEST(to.text().find("test.found") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_output_that_cannot_be_opened_is_told_and_leaves_the_former) {
    LogToFile to(baton::config::LogFormat::text);
    baton::config::Logging settings;
    settings.output = to.folder.file("missing/log");
    errno = 0;
    BOOST_TEST(!log::configure(settings, "x"));
    BOOST_TEST(errno == ENOENT);
    log::info("test.still");
    BOOST_TEST(to.line() == "info g7/w2 test.still\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
