#include "server/log/json_writer.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using baton::JsonWriter;

std::string written(std::string_view text) {
    std::string buffer(text.size() * 6 + 16, '#');
    JsonWriter json(buffer.data(), buffer.size());
    json.value(text);
    return std::string(json.text());
}

BOOST_AUTO_TEST_SUITE(json_writer)

BOOST_AUTO_TEST_CASE(objects_arrays_and_scalars_are_separated_by_commas) {
    std::array<char, 512> buffer;
    JsonWriter json(buffer.data(), buffer.size());
    json.begin_object().key("a").value("x").key("b").begin_array().value(1).value(-2).value(true).end_array();
    json.key("c")
        .begin_object()
        .end_object()
        .key("d")
        .value(std::uint64_t{UINT64_MAX})
        .key("e")
        .raw("null")
        .end_object();
    BOOST_TEST(json.text() == R"({"a":"x","b":[1,-2,true],"c":{},"d":18446744073709551615,"e":null})");
    BOOST_TEST(!json.truncated());
}

BOOST_AUTO_TEST_CASE(milliseconds_have_three_decimals) {
    std::array<char, 128> buffer;
    JsonWriter json(buffer.data(), buffer.size());
    json.begin_array()
        .milliseconds(0)
        .milliseconds(1'234'567)
        .milliseconds(5'000)
        .milliseconds(-1'500'000)
        .end_array();
    BOOST_TEST(json.text() == "[0.000,1.234,0.005,-1.500]");
}

BOOST_AUTO_TEST_CASE(plain_text_of_every_length_is_copied_as_it_is) {
    const std::string alphabet = "abcdefghijklmnopqrstuvwxyz0123456789 /?&=%;:,.-_~!$'()*+@[]{}|^`<>#";
    for (std::size_t size = 0; size <= alphabet.size(); ++size) {
        BOOST_TEST(written(alphabet.substr(0, size)) == "\"" + alphabet.substr(0, size) + "\"");
    }
}

BOOST_AUTO_TEST_CASE(a_special_byte_is_escaped_at_every_place_of_a_text_of_every_length) {
    for (std::size_t size = 1; size <= 40; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'a');
            const std::string before(at, 'a'), after(size - at - 1, 'a');
            for (const auto& [byte, escaped] : {std::pair<char, std::string>{'"', "\\\""},
                                                {'\\', "\\\\"},
                                                {'\n', "\\n"},
                                                {'\0', "\\u0000"},
                                                {'\x1f', "\\u001f"},
                                                {'\x7f', "\\u007f"},
                                                {'\x80', "\\u0080"},
                                                {'\xff', "\\u00ff"}}) {
                text[at] = byte;
                BOOST_TEST(written(text) == "\"" + before + escaped + after + "\"");
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(valid_utf8_stays_and_invalid_bytes_become_escapes) {
    const std::string valid = "grün 日本 \xF0\x9F\x9A\x80 \xF4\x8F\xBF\xBF";
    BOOST_TEST(written(valid) == "\"" + valid + "\"");
    BOOST_TEST(written("\xC0\xAF") == R"("\u00c0\u00af")");                      // overlong
    BOOST_TEST(written("\xE0\x80\x80") == R"("\u00e0\u0080\u0080")");            // overlong
    BOOST_TEST(written("\xED\xA0\x80") == R"("\u00ed\u00a0\u0080")");            // surrogate
    BOOST_TEST(written("\xF4\x90\x80\x80") == R"("\u00f4\u0090\u0080\u0080")");  // beyond U+10FFFF
    BOOST_TEST(written("x\xE2\x82") == R"("x\u00e2\u0082")");                    // cut off
    BOOST_TEST(written("\xF0\x9F\x9A\"") == R"("\u00f0\u009f\u009a\"")");        // ended by a quote
}

BOOST_AUTO_TEST_CASE(a_buffer_of_any_size_ends_as_balanced_json_and_is_never_overrun) {
    for (std::size_t capacity = 2; capacity < 200; ++capacity) {
        std::string buffer(capacity + 8, '#');
        JsonWriter json(buffer.data(), capacity);
        json.begin_object().key("path").value("/\xE6\x97\xA5\"\\\n/abcdefghijklmnopqrstuvwxyz");
        json.key("n").value(std::uint64_t{123456}).key("list").begin_array();
        for (int i = 0; i < 5; ++i) json.begin_object().key("k").value("value").end_object();
        json.end_array().key("t").milliseconds(99).key("r").raw("[1,2,3]").end_object();
        const std::string text(json.text());
        BOOST_TEST(text.size() <= capacity);
        BOOST_TEST(buffer.substr(capacity) == "########");
        BOOST_TEST(text.front() == '{');
        BOOST_TEST(text.back() == '}');
        for (const char* const broken : {",}", ":}", ",]", "{,", "[,", ":,", ",,", "}{"}) {
            BOOST_TEST(text.find(broken) == std::string::npos, text);
        }
        BOOST_TEST(std::count(text.begin(), text.end(), '[') == std::count(text.begin(), text.end(), ']'));
        if (!json.truncated()) BOOST_TEST(text.find("[1,2,3]") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_cut_text_ends_at_a_character_border) {
    std::array<char, 8> buffer;
    JsonWriter json(buffer.data(), buffer.size());
    json.value("abcd\xE6\x97\xA5z");
    BOOST_TEST(json.truncated());
    BOOST_TEST(json.text() == "\"abcd\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
