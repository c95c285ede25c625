#include "tests/structure/source_tree.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::structure;

namespace {

constexpr std::array<std::string_view, 4> layers_from_left{"config", "server", "upgrade", "proxy"};

/// 0 … 3 for a path inside a layer, -1 for anything else (a library, a test, a generated file of no layer).
int layer_of(std::string_view path) {
    const auto folder = path.substr(0, path.find('/'));
    const auto found = std::ranges::find(layers_from_left, folder);
    if (path.find('/') == std::string_view::npos || found == layers_from_left.end()) return -1;
    return static_cast<int>(found - layers_from_left.begin());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layering)

BOOST_AUTO_TEST_CASE(there_are_sources_in_every_layer) {
    for (const auto layer : layers_from_left) {
        const bool present =
            std::ranges::any_of(layer_sources(), [&](const auto& f) { return f.layer == layer; });
        BOOST_TEST(present, std::string{layer} << " holds no source file");
    }
}

BOOST_AUTO_TEST_CASE(a_layer_includes_only_itself_and_what_stands_to_its_left) {
    for (const auto& file : layer_sources()) {
        if (file.path == "server/main.cpp") continue;  // wires the program together
        for (const auto& included : file.includes()) {
            BOOST_TEST(layer_of(included) <= layer_of(file.path),
                       file.path << " looks right, at " << included);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_layer_includes_a_test) {
    for (const auto& file : layer_sources()) {
        for (const auto& included : file.includes()) {
            BOOST_TEST(!included.starts_with("tests/"), file.path << " includes " << included);
        }
    }
}

BOOST_AUTO_TEST_CASE(own_headers_are_included_by_their_path_from_the_root) {
    for (const auto& file : layer_sources()) {
        for (const auto& included : file.includes()) {
            const auto beside = (root() / file.path).parent_path() / included;
            const bool relative = std::filesystem::exists(beside) && layer_of(included) < 0;
            BOOST_TEST(!relative, file.path << " includes " << included << " relative to itself");
        }
    }
}

BOOST_AUTO_TEST_CASE(the_upgrade_layer_knows_nothing_of_http) {
    for (const auto& file : layer_sources()) {
        if (file.layer != "upgrade") continue;
        for (const auto& included : file.includes()) {
            BOOST_TEST(included.find("http") == std::string::npos, file.path << " includes " << included);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
