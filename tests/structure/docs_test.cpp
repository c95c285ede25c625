#include "tests/structure/source_tree.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <string>

using namespace baton::structure;

namespace {

/// Every path in backticks that begins with a folder of the checkout and does not hold a placeholder.
std::set<std::string> paths_named_in(const std::filesystem::path& page) {
    static const std::regex pattern{
        R"(`((?:config|server|upgrade|proxy|tests|docs|docker|packaging|\.ci|\.githooks)/[A-Za-z0-9_./-]*)`)"};
    std::set<std::string> paths;
    for (const auto& line : read_lines(page)) {
        for (auto it = std::sregex_iterator(line.begin(), line.end(), pattern); it != std::sregex_iterator();
             ++it) {
            paths.insert((*it)[1]);
        }
    }
    return paths;
}

void check_page(const std::string& page) {
    BOOST_REQUIRE_MESSAGE(std::filesystem::exists(root() / page), page << " does not exist");
    const auto paths = paths_named_in(root() / page);
    for (const auto& path : paths) {
        BOOST_TEST(std::filesystem::exists(root() / path),
                   page << " names " << path << ", which does not exist");
    }
}

/// A flow page that names no file tells nothing.
void check_flow(const std::string& page) {
    BOOST_TEST(paths_named_in(root() / page).size() > 10u, page << " names too few files");
    check_page(page);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(docs)

BOOST_AUTO_TEST_CASE(every_file_on_the_way_of_a_request_exists) {
    check_flow("docs/life_of_a_request.md");
}

BOOST_AUTO_TEST_CASE(every_file_on_the_way_of_an_upgrade_exists) {
    check_flow("docs/life_of_an_upgrade.md");
}

BOOST_AUTO_TEST_CASE(every_file_on_the_way_of_an_escrow_exists) {
    check_flow("docs/life_of_an_escrow.md");
}

BOOST_AUTO_TEST_CASE(every_file_named_by_the_readme_and_the_other_pages_exists) {
    check_page("README.md");
    check_page("docs/invariants.md");
    check_page("docs/decisions.md");
    check_page("docs/life_of_a_supervisor.md");
    check_page("docs/packaging.md");
}

BOOST_AUTO_TEST_CASE(invariants_are_numbered_without_a_gap) {
    static const std::regex numbered{R"(^(\d+)\. .*)"};
    int expected = 1;
    for (const auto& line : read_lines(root() / "docs/invariants.md")) {
        std::smatch match;
        if (!std::regex_match(line, match, numbered)) continue;
        BOOST_TEST(std::stoi(match[1]) == expected);
        ++expected;
    }
    BOOST_TEST(expected > 10);
}

BOOST_AUTO_TEST_CASE(the_glossary_explains_every_word_of_the_two_flows) {
    std::string text;
    for (const auto& line : read_lines(root() / "docs/glossary.md")) text += line + '\n';
    for (const char* word : {"downstream", "upstream", "endpoint", "listener", "exchange", "route", "master",
                             "worker", "generation", "predecessor", "successor", "inherit", "drain", "ready",
                             "lineage", "local reply", "deadline", "turn"}) {
        BOOST_TEST(text.find(word) != std::string::npos, "the glossary does not explain " << word);
    }
}

BOOST_AUTO_TEST_SUITE_END()
