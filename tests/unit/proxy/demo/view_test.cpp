#include "proxy/demo/view.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

namespace {

struct ViewOfThreeGenerations {
    Statistics statistics;
    std::vector<Generation> generations{{1, 100, GenerationState::draining},
                                        {2, 200, GenerationState::gone},
                                        {3, 300, GenerationState::serving}};
    std::vector<Duration> took{std::chrono::milliseconds{210}, std::chrono::milliseconds{340}};

    ViewOfThreeGenerations() {
        statistics.request_succeeded(Load::keep_alive, std::chrono::microseconds{400});
        for (const Load load : {Load::websocket, Load::event_stream}) {
            Lasting& lasting = statistics.lasting(load);
            lasting.wanted = lasting.opened = 20;
            lasting.messages = 12345;
        }
    }
    View view() const {
        return {.url = "http://127.0.0.1:8080/",
                .doing = "under load",
                .elapsed = std::chrono::milliseconds{7900},
                .duration = std::chrono::seconds{10},
                .requests_per_second = 5100.4,
                .statistics = statistics,
                .generations = generations,
                .upgrades_wanted = 2,
                .upgrades_done = 2,
                .upgrade_under_way = false,
                .upgrades_took = took,
                .websockets_alive = 20,
                .streams_alive = 20,
                .log_tail = {}};
    }
};

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(demo_view, ViewOfThreeGenerations)

BOOST_AUTO_TEST_CASE(numbers_are_grouped_by_thousands) {
    BOOST_TEST(grouped(0) == "0");
    BOOST_TEST(grouped(999) == "999");
    BOOST_TEST(grouped(1000) == "1 000");
    BOOST_TEST(grouped(1234567) == "1 234 567");
}

BOOST_AUTO_TEST_CASE(the_table_says_what_an_operator_wants_to_know) {
    const std::string table = joined(render_table(view(), Colours::none));
    for (const char* part : {"http://127.0.0.1:8080/", "under load", "7 s of 10 s", "5 100/s", "0 failed",
                             "p50 0.4 ms", "20 of 20 alive", "12 345 echoes", "12 345 events", "2 of 2 done",
                             "the last took 0.34 s", "generation 1", "draining", "generation 3", "serving"}) {
        BOOST_TEST(contains(table, part), "the table lacks " << part);
    }
}

BOOST_AUTO_TEST_CASE(no_line_of_the_table_is_wider_than_a_small_terminal) {
    for (const std::string& line : render_table(view(), Colours::none)) BOOST_TEST(line.size() <= 78U);
}

BOOST_AUTO_TEST_CASE(without_colours_no_escape_sequence_is_written) {
    BOOST_TEST(!contains(joined(render_table(view(), Colours::none)), "\x1b"));
    BOOST_TEST(contains(joined(render_table(view(), Colours::ansi)), "\x1b[32m0 failed"));
}

BOOST_AUTO_TEST_CASE(only_the_latest_generations_have_a_line) {
    const std::size_t before = render_table(view(), Colours::none).size();
    for (std::uint32_t number = 4; number <= 50; ++number) {
        generations.push_back({number, 1000, GenerationState::gone});
    }
    const auto table = render_table(view(), Colours::none);
    BOOST_TEST(table.size() == before - 3 + generations_shown);
    BOOST_TEST(contains(table.back(), "generation 50"));
}

BOOST_AUTO_TEST_CASE(a_line_of_progress_names_the_masters_that_are_left) {
    const std::string line = render_line(view());
    BOOST_TEST(contains(line, "masters 1:100(draining) 3:300"));
    BOOST_TEST(contains(line, "WebSockets 20/20"));
}

BOOST_AUTO_TEST_CASE(a_clean_demo_with_all_its_upgrades_is_a_success) {
    BOOST_TEST(is_success(view()));
    BOOST_TEST(render_incidents(statistics).empty());
    BOOST_TEST(contains(render_json(view()), R"("ok":true)"));
}

BOOST_AUTO_TEST_CASE(a_missing_upgrade_or_websocket_is_no_success) {
    View missing_upgrade = view();
    missing_upgrade.upgrades_done = 1;
    BOOST_TEST(!is_success(missing_upgrade));
    statistics.lasting(Load::websocket).opened = 19;
    BOOST_TEST(!is_success(view()));
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_its_stage_and_the_rest_is_counted) {
    statistics.set_stage("upgrade 1 was under way");
    for (int i = 0; i < 7; ++i) statistics.request_failed(Load::keep_alive, "GET /x (client 3)", "reset");
    const std::string incidents = render_incidents(statistics);
    BOOST_TEST(contains(incidents, "GET /x (client 3): reset (upgrade 1 was under way)\n"));
    BOOST_TEST(contains(incidents, "and 2 more\n"));
    BOOST_TEST(!is_success(view()));
}

BOOST_AUTO_TEST_CASE(the_json_result_is_one_line_with_counts_and_generations) {
    statistics.trouble("upgrade 1", "said \"no\"\nand more");
    const std::string json = render_json(view());
    BOOST_TEST(json.find('\n') == json.size() - 1);
    for (const char* part :
         {R"("ok":false)", R"("requests":1)", R"("failed":0)", R"("wanted":20,"opened":20,"alive":20)",
          R"("took_ms":[210.000,340.000])", R"({"generation":3,"master_pid":300,"state":"serving"})",
          R"(said \"no\"\nand more)"}) {
        BOOST_TEST(contains(json, part), json << " lacks " << part);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
