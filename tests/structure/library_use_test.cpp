#include "tests/structure/source_tree.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

using namespace baton::structure;

namespace {

std::vector<std::string> files_including(std::string_view prefix) {
    std::vector<std::string> found;
    for (const auto& file : layer_sources()) {
        for (const auto& included : file.includes()) {
            if (!included.starts_with(prefix)) continue;
            found.push_back(file.path);
            break;
        }
    }
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(library_use)

BOOST_AUTO_TEST_CASE(yaml_cpp_is_included_by_at_most_two_files_of_config) {
    const auto files = files_including("yaml-cpp/");
    BOOST_TEST(files.size() <= 2u);
    for (const auto& file : files) BOOST_TEST(file.starts_with("config/"), file << " includes yaml-cpp");
}

BOOST_AUTO_TEST_CASE(openssl_is_included_only_below_server_tls) {
    for (const auto& file : files_including("openssl/")) {
        BOOST_TEST(file.starts_with("server/tls/"), file << " includes OpenSSL");
    }
}

BOOST_AUTO_TEST_CASE(an_ssl_is_seen_only_by_files_named_for_the_handshake) {
    for (const auto& file : layer_sources()) {
        if (file.path.starts_with("server/tls/handshake") || file.path == "server/tls/openssl_pointers.h")
            continue;
        for (const auto& line : file.lines) {
            BOOST_TEST(line.find("SSL*") == std::string::npos, file.path << ": " << line);
            BOOST_TEST(line.find("SSL *") == std::string::npos, file.path << ": " << line);
        }
    }
}

BOOST_AUTO_TEST_CASE(re2_is_included_only_by_the_regex_of_config) {
    for (const auto& file : files_including("re2/")) {
        BOOST_TEST(file == "config/regex.cpp", file << " includes RE2");
    }
}

BOOST_AUTO_TEST_CASE(libseccomp_is_included_only_by_the_filter_of_system_calls) {
    for (const auto& file : files_including("seccomp.h")) {
        BOOST_TEST(file == "server/process/system_call_filter.cpp", file << " includes libseccomp");
    }
}

BOOST_AUTO_TEST_CASE(nghttp2_is_included_only_by_files_named_for_http2) {
    for (const auto& file : files_including("nghttp2/")) {
        BOOST_TEST(file.find("/http2_") != std::string::npos, file << " includes nghttp2");
    }
}

BOOST_AUTO_TEST_SUITE_END()
