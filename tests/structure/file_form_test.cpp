#include "tests/structure/source_tree.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <filesystem>
#include <string>

using namespace baton::structure;

namespace {

constexpr std::size_t longest_file = 500;  // lines; beyond it a file has two ideas
constexpr std::array<std::string_view, 4> names_that_say_nothing{"utils", "common", "misc", "helpers"};

bool says_nothing(const std::filesystem::path& part) {
    return std::ranges::find(names_that_say_nothing, part.stem().string()) != names_that_say_nothing.end();
}

bool is_snake_case(std::string_view name) {
    return std::ranges::all_of(
        name, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_' || c == '.'; });
}

void check_lengths(const std::vector<SourceFile>& files) {
    for (const auto& file : files) {
        BOOST_TEST(file.lines.size() <= longest_file, file.path << " has " << file.lines.size() << " lines");
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(file_form)

BOOST_AUTO_TEST_CASE(no_file_is_longer_than_five_hundred_lines) {
    check_lengths(layer_sources());
    check_lengths(test_sources());
}

BOOST_AUTO_TEST_CASE(every_file_and_folder_has_a_name_that_says_something) {
    for (const auto& file : layer_sources()) {
        for (const auto& part : std::filesystem::path{file.path}) {
            BOOST_TEST(!says_nothing(part), file.path << " is named for nothing");
            BOOST_TEST(is_snake_case(part.string()), file.path << " is not in snake_case");
        }
    }
}

BOOST_AUTO_TEST_CASE(every_header_begins_by_saying_what_it_is_for) {
    for (const auto& file : layer_sources()) {
        if (!file.is_header()) continue;
        BOOST_REQUIRE_MESSAGE(!file.lines.empty(), file.path << " is empty");
        BOOST_TEST(file.lines.front().starts_with("/// "),
                   file.path << " begins with: " << file.lines.front());
    }
}

BOOST_AUTO_TEST_CASE(every_header_is_included_once_at_most) {
    for (const auto& file : layer_sources()) {
        if (!file.is_header()) continue;
        BOOST_TEST((std::ranges::find(file.lines, "#pragma once") != file.lines.end()), file.path);
    }
}

BOOST_AUTO_TEST_CASE(no_file_leaves_a_note_of_unfinished_work) {
    // Spelled in two halves, so that a search for such notes does not find this file.
    const std::array<std::string, 4> notes{std::string{"TO"} + "DO", std::string{"FIX"} + "ME",
                                           std::string{"XX"} + "X:", std::string{"HA"} + "CK"};
    for (const auto& file : layer_sources()) {
        for (const auto& line : file.lines) {
            for (const auto& note : notes) {
                BOOST_TEST(line.find(note) == std::string::npos, file.path << ": " << line);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
