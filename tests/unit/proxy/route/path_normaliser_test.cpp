#include "proxy/route/path_normaliser.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using namespace std::string_view_literals;
using baton::route::normalise_path;
using baton::route::NormalisedPath;
using baton::route::PathFault;

BOOST_AUTO_TEST_SUITE(path_normaliser)

BOOST_AUTO_TEST_CASE(each_path_has_one_normal_form_and_that_is_its_own) {
    struct Row {
        std::string_view sent, normal;
    };
    constexpr Row rows[] = {
        {"/", "/"},
        {"*", "*"},
        {"/a/b.html", "/a/b.html"},
        {"/a/", "/a/"},
        {"//a///b", "//a///b"},
        {"/%41%7a%2D%2e%5F%7E%30", "/Az-._~0"},
        {"/a%2fb", "/a%2Fb"},
        {"/caf%c3%a9", "/caf%C3%A9"},
        {"/%2541", "/%2541"},
        {"/a%20b%3f", "/a%20b%3F"},
        {"/./a", "/a"},
        {"/a/.", "/a/"},
        {"/a/..", "/"},
        {"/a/../b", "/b"},
        {"/a/b/../../c", "/c"},
        {"/a/%2e%2E/b", "/b"},
        {"/a/.%2e", "/"},
        {"//..", "/"},
        {"//../a", "/a"},
        {"/a//../b", "/a/b"},
        {"/.well-known/x", "/.well-known/x"},
        {"/...", "/..."},
        {"/a/..b", "/a/..b"},
        {"/..;/a", "/..;/a"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.sent) {
            std::string scratch, again;
            const NormalisedPath result = normalise_path(row.sent, scratch);
            BOOST_TEST((result.fault == PathFault::none));
            BOOST_TEST(result.path == row.normal);
            BOOST_TEST(normalise_path(result.path, again).path == row.normal);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_understood_in_one_way_is_refused) {
    struct Row {
        std::string_view sent;
        PathFault fault;
    };
    constexpr Row rows[] = {
        {"", PathFault::not_absolute},       {"a", PathFault::not_absolute},
        {"/%", PathFault::bad_escape},       {"/%4", PathFault::bad_escape},
        {"/%4g", PathFault::bad_escape},     {"/%%34%31", PathFault::bad_escape},
        {"/a%00b", PathFault::nul},          {"/a\0b"sv, PathFault::nul},
        {"/..", PathFault::above_root},      {"/../a", PathFault::above_root},
        {"/a/../..", PathFault::above_root}, {"/%2e%2e/a", PathFault::above_root},
        {"/./../a", PathFault::above_root},
    };
    for (const Row& row : rows) {
        std::string scratch;
        BOOST_TEST_CONTEXT(row.sent) {
            BOOST_TEST((normalise_path(row.sent, scratch).fault == row.fault));
        }
    }
}

BOOST_AUTO_TEST_CASE(encoded_slashes_and_backslashes_are_reported) {
    std::string scratch;
    for (const std::string_view path : {"/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/a/..\\b", "/./\\"}) {
        BOOST_TEST_CONTEXT(path) {
            BOOST_TEST(normalise_path(path, scratch).ambiguous_separator);
        }
    }
    BOOST_TEST(!normalise_path("/a/b%20c", scratch).ambiguous_separator);
}

BOOST_AUTO_TEST_CASE(a_path_that_is_normal_already_is_not_copied) {
    std::string scratch = "untouched";
    const std::string_view path = "/static/app.js";
    BOOST_TEST(normalise_path(path, scratch).path.data() == path.data());
    BOOST_TEST(scratch == "untouched");
}

BOOST_AUTO_TEST_SUITE_END()
