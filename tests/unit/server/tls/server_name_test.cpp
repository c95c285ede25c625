#include "server/tls/server_name.h"

#include <boost/test/unit_test.hpp>

using namespace baton::tls;

namespace {

std::string with_length(std::string_view bytes) {
    std::string text;
    text += static_cast<char>(bytes.size() >> 8);
    text += static_cast<char>(bytes.size());
    return text.append(bytes);
}

/// The extension that asks for `name`.
std::string extension_for(std::string_view name) {
    return with_length('\0' + with_length(name));
}

std::string read(std::string_view extension) {
    const auto name = read_server_name(extension);
    return name ? *name : "alert " + std::to_string(static_cast<int>(name.error()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_name)

BOOST_AUTO_TEST_CASE(a_name_is_read_in_lower_case_and_without_the_dot_of_the_root) {
    BOOST_TEST(read(extension_for("a.example")) == "a.example");
    BOOST_TEST(read(extension_for("WWW.A.Example.")) == "www.a.example");
    BOOST_TEST(read(extension_for("xn--mnchen-3ya.example")) == "xn--mnchen-3ya.example");
    BOOST_TEST(read(extension_for("_x.a-b.example")) == "_x.a-b.example");
}

BOOST_AUTO_TEST_CASE(what_no_host_can_be_called_is_refused_as_unrecognized) {
    using namespace std::string_view_literals;
    for (const std::string_view name : {"a.example\0.b.example"sv, "a/b"sv, "a b"sv, "a:443"sv,
                                        "*.a.example"sv, "caf\xc3\xa9.example"sv, "."sv, "a\r\nb"sv}) {
        BOOST_TEST(read(extension_for(name)) == "alert 112");
    }
    BOOST_TEST(read(extension_for(std::string(256, 'a'))) == "alert 112");
    BOOST_TEST(read(extension_for(std::string(255, 'a'))) == std::string(255, 'a'));
}

BOOST_AUTO_TEST_CASE(a_broken_list_is_a_decode_error) {
    const std::string good = extension_for("a.example");
    for (std::size_t size = 0; size < good.size(); ++size)
        BOOST_TEST(read(std::string_view{good}.substr(0, size)) == "alert 50");
    BOOST_TEST(read(good + "x") == "alert 50");
    BOOST_TEST(read(extension_for("")) == "alert 50");
    BOOST_TEST(read(with_length('\1' + with_length("a.example"))) == "alert 50");
    const std::string one = '\0' + with_length("a.example");
    BOOST_TEST(read(with_length(one + one)) == "alert 50");
}

BOOST_AUTO_TEST_SUITE_END()
