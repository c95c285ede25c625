#include "tests/structure/source_tree.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::structure;

namespace {

bool has_line_starting(const std::vector<std::string>& lines, std::string_view start) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.starts_with(start); });
}

bool mentions(const std::vector<std::string>& lines, std::string_view text) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(text) != std::string::npos; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deployment)

BOOST_AUTO_TEST_CASE(the_image_is_built_in_stages_runs_without_root_and_checks_its_health) {
    const auto lines = read_lines(root() / "docker/Dockerfile");
    BOOST_TEST(std::ranges::count_if(lines, [](const auto& line) { return line.starts_with("FROM "); }) >= 2);
    BOOST_TEST(has_line_starting(lines, "USER 65532"));
    BOOST_TEST(has_line_starting(lines, "HEALTHCHECK "));
    BOOST_TEST(has_line_starting(lines, "STOPSIGNAL SIGTERM"));
    BOOST_TEST(mentions(lines, ".ci/install_packages.sh"));
}

BOOST_AUTO_TEST_CASE(the_image_copies_only_paths_of_the_checkout_that_exist) {
    for (const auto& line : read_lines(root() / "docker/Dockerfile")) {
        if (!line.starts_with("COPY ") || line.find("--from=") != std::string::npos) continue;
        const auto source = line.substr(5, line.find(' ', 5) - 5);
        BOOST_TEST(std::filesystem::exists(root() / source), "the image copies " << source);
    }
}

BOOST_AUTO_TEST_CASE(the_unit_waits_for_readiness_and_never_restarts_into_a_broken_configuration) {
    const auto lines = read_lines(root() / "packaging/baton.service");
    for (const char* line :
         {"Type=notify", "KillMode=process", "RestartPreventExitStatus=78", "ProtectSystem=strict",
          "MemoryDenyWriteExecute=yes", "RuntimeDirectory=baton"}) {
        BOOST_TEST(has_line_starting(lines, line), "baton.service lacks " << line);
    }
    BOOST_TEST(mentions(lines, "ExecReload="));
    BOOST_TEST(mentions(lines, "run -c /etc/baton/baton.yaml"));
}

BOOST_AUTO_TEST_CASE(the_unit_lets_workers_give_up_what_they_have) {
    // Behind `~@privileged` capset(2) is refused, and a worker that keeps a right does not serve.
    const auto lines = read_lines(root() / "packaging/baton.service");
    BOOST_TEST(std::ranges::any_of(lines, [](const auto& line) {
        return line.starts_with("SystemCallFilter=") && line.find(" capset") != std::string::npos;
    }));
}

BOOST_AUTO_TEST_CASE(log_rotation_reopens_the_logs_of_every_generation) {
    BOOST_TEST(mentions(read_lines(root() / "packaging/baton.logrotate"), "baton reopen"));
}

BOOST_AUTO_TEST_SUITE_END()
