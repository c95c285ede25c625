#include "proxy/exchange/access_log.h"

#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace baton;

// 2026-11-21T10:00:00.123456Z
constexpr WallTime started{std::chrono::seconds{1'795'255'200} + 123'456us};

AccessRecord a_request() {
    AccessRecord record;
    record.started = started;
    record.id = "0190a6d4-0000-7000-8000-000000000001";
    record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    record.client_ip = "203.0.113.7";
    record.client_port = 51234;
    record.listener = ":8080";
    record.method = "GET";
    record.host = "app.example.com";
    record.path = "/api/users";
    record.query = "x=1";
    record.has_query = true;
    record.user_agent = "curl/7.88.1";
    record.referer = "https://example.com/";
    record.status = 200;
    record.bytes_in = 0;
    record.bytes_out = 1234;
    record.head = 100us;
    record.connect = 1100us;
    record.first_byte = 11'100us;
    record.total = 12'345'678ns;
    record.matched_host = "app.example.com";
    record.route = "api";
    record.upstream = "web";
    record.endpoint = "10.0.0.1:8080";
    record.upstream_status = 200;
    record.tries = 1;
    record.reused = true;
    return record;
}

/// An access log into a file of its own.
struct LogToFile {
    test::TemporaryFolder folder;
    config::AccessLog settings;
    std::optional<AccessLog> log;

    LogToFile() { settings.output = folder.file("log"); }
    void open() { log.emplace(AccessLog::open(settings, 7, 2).value()); }
    std::string written(const AccessRecord& record) {
        if (!log) open();
        const std::size_t before = folder.read("log").size();
        log->write(record);
        log->flush();
        return folder.read("log").substr(before);
    }
};

BOOST_AUTO_TEST_SUITE(access_log)

BOOST_AUTO_TEST_CASE(a_json_line_has_every_field_of_the_reference) {
    LogToFile to;
    BOOST_TEST(
        to.written(a_request()) ==
        R"({"ts":"2026-11-21T10:00:00.123456Z","event":"request","id":"0190a6d4-0000-7000-8000-000000000001",)"
        R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","client_ip":"203.0.113.7","client_port":51234,)"
        R"("listener":":8080","protocol":"http/1.1","method":"GET","scheme":"http","host":"app.example.com",)"
        R"("path":"/api/users","query":"x=1","status":200,"bytes_in":0,"bytes_out":1234,"duration_ms":12.345,)"
        R"("t_head_ms":0.100,"t_connect_ms":1.000,"t_first_byte_ms":10.000,"t_send_ms":1.245,)"
        R"("matched_host":"app.example.com","route":"api","upstream":"web","endpoint":"10.0.0.1:8080",)"
        R"("upstream_status":200,"tries":1,"reused":true,"end":"ok","generation":7,"worker":2,)"
        R"("user_agent":"curl/7.88.1","referer":"https://example.com/"})"
        "\n");
}

BOOST_AUTO_TEST_CASE(what_an_exchange_did_not_reach_is_left_out) {
    LogToFile to;
    AccessRecord record;
    record.started = started;
    record.client_ip = "203.0.113.7";
    record.status = 400;
    record.end = End::bad_request;
    record.total = 50us;
    BOOST_TEST(
        to.written(record) ==
        R"({"ts":"2026-11-21T10:00:00.123456Z","event":"request","client_ip":"203.0.113.7",)"
        R"("protocol":"http/1.1","scheme":"http","status":400,"bytes_in":0,"bytes_out":0,"duration_ms":0.050,)"
        R"("end":"bad_request","generation":7,"worker":2})"
        "\n");
}

BOOST_AUTO_TEST_CASE(only_chosen_fields_are_kept) {
    LogToFile to;
    to.settings.fields = {"status", "path", "t_send_ms", "no_such_field"};
    BOOST_TEST(to.written(a_request()) == "{\"path\":\"/api/users\",\"status\":200,\"t_send_ms\":1.245}\n");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_websocket_tells_how_it_was_closed) {
    LogToFile to;
    to.settings.fields = {"event",          "ws_close_code",   "ws_close_by",
                          "ws_messages_in", "ws_messages_out", "pings_lost"};
    AccessRecord record = a_request();
    record.event = AccessEvent::ws_close;
    record.close_code = 1001;
    record.closed_by = "client";
    record.messages_in = 5;
    record.messages_out = 70'000'000'000;
    record.pings_lost = 1;
    BOOST_TEST(to.written(record) ==
               R"({"event":"ws_close","ws_close_code":1001,"ws_close_by":"client","ws_messages_in":5,)"
               R"("ws_messages_out":70000000000,"pings_lost":1})"
               "\n");
    record.event = AccessEvent::request;
    BOOST_TEST(to.written(record) == "{\"event\":\"request\"}\n");
}

BOOST_AUTO_TEST_CASE(combined_is_what_nginx_writes) {
    ::setenv("TZ", "UTC0", 1);
    ::tzset();
    LogToFile to;
    to.settings.format = config::AccessFormat::combined;
    BOOST_TEST(to.written(a_request()) ==
               "203.0.113.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /api/users?x=1 HTTP/1.1\" 200 1234 "
               "\"https://example.com/\" \"curl/7.88.1\"\n");
    AccessRecord record = a_request();
    record.path = "/\"\\\x01\x7F\xC3\xBC";
    record.has_query = false;
    record.referer = {};
    record.user_agent = {};
    record.protocol = "http/1.0";
    BOOST_TEST(to.written(record) ==
               "203.0.113.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /\\x22\\x5C\\x01\\x7F\\xC3\\xBC "
               "HTTP/1.0\" 200 1234 "
               "\"-\" \"-\"\n");
    record = {};
    record.started = started;
    record.status = 400;
    BOOST_TEST(to.written(record) == "- - - [21/Nov/2026:10:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
    ::unsetenv("TZ");
    ::tzset();
}

BOOST_AUTO_TEST_CASE(a_template_is_filled_in) {
    LogToFile to;
    to.settings.format = config::AccessFormat::templated;
    to.settings.line = config::Template::parse(
                           "{client_ip} {method} {uri} {status} {duration} {upstream} "
                           "{header.user-agent} {query.x} {query.y} {cookie.a}")
                           .value();
    BOOST_TEST(to.written(a_request()) ==
               "203.0.113.7 GET /api/users?x=1 200 12.345 web curl/7.88.1 1 - -\n");
    AccessRecord record = a_request();
    record.path = "/a\nforged";
    BOOST_TEST(to.written(record).find('\n') + 1 == to.written(record).size());
}

BOOST_AUTO_TEST_CASE(hostile_bytes_make_one_valid_line_in_every_format) {
    for (const config::AccessFormat format :
         {config::AccessFormat::json, config::AccessFormat::combined, config::AccessFormat::templated}) {
        LogToFile to;
        to.settings.format = format;
        to.settings.line = config::Template::parse("{host} {uri} {header.referer}").value();
        std::string hostile;
        for (int i = 0; i < 32'000; ++i) hostile += static_cast<char>(i * 7 % 256);
        AccessRecord record = a_request();
        record.host = record.path = record.query = record.user_agent = record.referer = record.id = hostile;
        const std::string line = to.written(record);
        BOOST_TEST(line.size() <= LineSink::longest_line);
        BOOST_TEST(std::count(line.begin(), line.end(), '\n') == 1);
        BOOST_TEST(line.back() == '\n');
        const auto is_control = [](char c) { return c >= 0 && c < 0x20; };
        BOOST_TEST(std::none_of(line.begin(), line.end() - 1, is_control));
        if (format != config::AccessFormat::json) continue;
        BOOST_TEST(line.starts_with("{\"ts\":"));
        BOOST_TEST(line.ends_with("}\n"));
        BOOST_TEST(line.find("\"worker\":2,") != std::string::npos);
        BOOST_TEST(line.find("\"referer\":") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_sample_is_taken_evenly_and_never_of_what_went_wrong) {
    LogToFile to;
    to.settings.sample = 0.1;
    to.settings.exclude = {"/health"};
    int written = 0;
    for (int i = 0; i < 100; ++i) written += to.written(a_request()).empty() ? 0 : 1;
    BOOST_TEST(written == 10);

    AccessRecord failed = a_request();
    failed.path = "/healthz";
    failed.status = 503;
    AccessRecord aborted = a_request();
    aborted.end = End::client_abort;
    AccessRecord slow = a_request();
    slow.path = "/healthz";
    slow.total = 5s;
    AccessRecord websocket = a_request();
    websocket.event = AccessEvent::ws_close;
    for (int i = 0; i < 20; ++i) {
        for (const AccessRecord* const record : {&failed, &aborted, &slow, &websocket}) {
            BOOST_TEST(!to.written(*record).empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(excluded_paths_are_left_out) {
    LogToFile to;
    to.settings.exclude = {"/healthz"};
    AccessRecord record = a_request();
    record.path = "/healthz/live";
    BOOST_TEST(to.written(record).empty());
    record.path = "/health";
    BOOST_TEST(!to.written(record).empty());
}

BOOST_AUTO_TEST_CASE(long_lived_decides_which_events_of_a_tunnel_are_written) {
    using config::LongLived;
    for (const auto& [setting, open, progress] : {std::tuple{LongLived::end, false, false},
                                                  {LongLived::start_end, true, false},
                                                  {LongLived::periodic, true, true}}) {
        LogToFile to;
        to.settings.long_lived = setting;
        AccessRecord record = a_request();
        record.event = AccessEvent::ws_open;
        BOOST_TEST(to.written(record).empty() == !open);
        record.event = AccessEvent::stream_progress;
        BOOST_TEST(to.written(record).empty() == !progress);
        record.event = AccessEvent::sse_close;
        BOOST_TEST(!to.written(record).empty());
    }
}

BOOST_AUTO_TEST_CASE(lines_are_written_once_a_flush_interval) {
    LogToFile to;
    to.settings.flush = 1s;
    to.open();
    TimePoint now{1000s};
    to.log->write(a_request());
    to.log->flush_if_due(now);
    const std::size_t one = to.folder.read("log").size();
    BOOST_TEST(one > 0u);
    to.log->write(a_request());
    to.log->flush_if_due(now + 999ms);
    BOOST_TEST(to.folder.read("log").size() == one);
    to.log->flush_if_due(now + 1s);
    BOOST_TEST(to.folder.read("log").size() == 2 * one);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_off_never_touches_its_output) {
    config::AccessLog settings;
    settings.enabled = false;
    settings.output = "/nonexistent/folder/log";
    auto log = AccessLog::open(settings, 1, 0);
    BOOST_REQUIRE(log.has_value());
    BOOST_TEST(!log->enabled());
    log->write(a_request());
    log->flush();
    log->reopen();
    settings.enabled = true;
    BOOST_TEST(!AccessLog::open(settings, 1, 0).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
