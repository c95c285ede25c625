#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;
using baton::test::TemporaryFolder;

namespace {

const std::string main_text =
    "include: [conf.d/*.yaml]\nlisteners: [\":8080\"]\nhosts:\n  - names: [a.test]\n    routes: [{ to: app "
    "}]\n"
    "upstreams:\n  app: [\"127.0.0.1:3000\"]\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(includes)

BOOST_AUTO_TEST_CASE(lists_append_in_the_order_of_names_and_maps_merge) {
    const TemporaryFolder folder;
    const std::string path = write_file(folder, "baton.yaml", main_text);
    write_file(
        folder, "conf.d/20.yaml",
        "hosts:\n  - names: [c.test]\n    routes: [{ to: two }]\nupstreams: { two: [\"127.0.0.1:2\"] }\n");
    write_file(folder, "conf.d/10.yaml",
               "version: 1\nhosts:\n  - names: [b.test]\n    routes: [{ to: app }]\n"
               "process: { workers: 2 }\n");
    write_file(folder, "conf.d/30.txt", "nonsense: [");
    const auto result = load_config(path);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    BOOST_REQUIRE_EQUAL(result.config->hosts.size(), 3U);
    BOOST_TEST(result.config->hosts[1].names.front() == "b.test");
    BOOST_TEST(result.config->hosts[2].names.front() == "c.test");
    BOOST_TEST(result.config->upstreams.contains("two"));
    BOOST_TEST(result.config->process.workers == 2U);
    BOOST_TEST(result.config->files.size() == 3U);
    BOOST_TEST(result.config->file == path);
}

BOOST_AUTO_TEST_CASE(an_empty_glob_is_fine_and_a_missing_plain_file_is_not) {
    const TemporaryFolder folder;
    BOOST_TEST(load_config(write_file(folder, "baton.yaml", main_text)).ok());
    const auto missing =
        load_config(write_file(folder, "b.yaml", "include: other.yaml\n" + main_text.substr(25)));
    BOOST_TEST(place_of(missing, "E-INCLUDE") == "1:10");
}

BOOST_AUTO_TEST_CASE(a_scalar_or_name_in_two_files_names_both_places) {
    const TemporaryFolder folder;
    const std::string path = write_file(folder, "baton.yaml", main_text + "process:\n  workers: 2\n");
    const std::string other =
        write_file(folder, "conf.d/x.yaml", "process:\n  workers: 3\nupstreams:\n  app: [\"127.0.0.1:1\"]\n");
    const auto result = load_config(path);
    BOOST_TEST(!result.ok());
    BOOST_REQUIRE_EQUAL(result.findings.size(), 2U);
    BOOST_TEST(result.findings[0].file == other);
    BOOST_TEST(result.findings[0].line == 2);
    BOOST_TEST(result.findings[0].code == "E-DUP");
    BOOST_TEST(result.findings[0].help == "first set at " + path + ":9");
    BOOST_TEST(result.findings[0].related.front().line == 9);
    BOOST_TEST(result.findings[1].line == 4);
}

BOOST_AUTO_TEST_CASE(a_file_that_includes_itself_is_refused) {
    const TemporaryFolder folder;
    const std::string path = write_file(folder, "baton.yaml", main_text);
    write_file(folder, "conf.d/loop.yaml", "include: [../baton.yaml]\n");
    BOOST_TEST(finding_of(load_config(path), "E-INCLUDE").message.ends_with("includes itself"));
}

BOOST_AUTO_TEST_CASE(includes_go_eight_levels_deep) {
    const TemporaryFolder folder;
    for (int i = 1; i < 10; ++i)
        write_file(folder, std::to_string(i) + ".yaml", "include: [" + std::to_string(i + 1) + ".yaml]\n");
    write_file(folder, "10.yaml", "");
    const std::string rest = main_text.substr(25);
    BOOST_TEST(
        finding_of(load_config(write_file(folder, "deep.yaml", "include: [1.yaml]\n" + rest)), "E-INCLUDE")
            .message == "more than 8 levels of includes");
    BOOST_TEST(load_config(write_file(folder, "flat.yaml", "include: [3.yaml]\n" + rest)).ok());
}

BOOST_AUTO_TEST_CASE(a_syntax_error_stops_its_own_file_only) {
    const TemporaryFolder folder;
    const std::string path = write_file(folder, "baton.yaml", main_text);
    write_file(folder, "conf.d/1.yaml", "hosts: [\n");
    write_file(folder, "conf.d/2.yaml", "nonsense: 1\n");
    const auto result = load_config(path);
    BOOST_TEST(finding_of(result, "E-SYNTAX").file.ends_with("1.yaml"));
    BOOST_TEST(finding_of(result, "E-KEY").file.ends_with("2.yaml"));
}

BOOST_AUTO_TEST_CASE(anchors_of_a_file_do_not_change_when_another_file_adds_to_a_map) {
    const TemporaryFolder folder;
    const std::string path =
        write_file(folder, "baton.yaml", main_text + "x-t: &t { connect: 1s }\ndefaults: { timeouts: *t }\n");
    write_file(folder, "conf.d/1.yaml", "defaults: { timeouts: { total: 9s } }\n");
    const auto result = load_config(path);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    BOOST_TEST(result.config->default_timeouts.total.count() == 9000);
    BOOST_TEST(result.config->default_timeouts.connect.count() == 1000);
}

BOOST_AUTO_TEST_CASE(a_main_file_that_cannot_be_read_is_a_finding) {
    const auto result = load_config("/nowhere/baton.yaml");
    BOOST_TEST(!result.ok());
    BOOST_TEST(all(result) ==
               "/nowhere/baton.yaml: error: cannot read `/nowhere/baton.yaml`: No such file or directory "
               "[E-FILE]\n\n"
               "/nowhere/baton.yaml: 1 error\n");
}

BOOST_AUTO_TEST_CASE(an_oversized_file_is_refused) {
    const TemporaryFolder folder;
    const std::string path = write_file(folder, "big.yaml", "# " + std::string(5 << 20, 'x'));
    BOOST_TEST(!load_config(path).ok());
    BOOST_TEST(finding_of(load("# " + std::string(5 << 20, 'x')), "E-SYNTAX").message ==
               "the file is larger than 4 MiB");
}

BOOST_AUTO_TEST_SUITE_END()
