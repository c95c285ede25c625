#include "proxy/websocket/handshake.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace baton;
using websocket::check_switch;
using websocket::check_upgrade_request;
using websocket::SwitchVerdict;
using websocket::UpgradeRequest;
using websocket::UpgradeVerdict;
using Lines = std::vector<std::pair<std::string, std::string>>;

namespace {

constexpr auto key = "dGhlIHNhbXBsZSBub25jZQ==";               // of RFC 6455 §1.3
constexpr auto accept_value = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // its answer there
const std::vector<std::string> websocket_only{"websocket"};

const Lines sound_request{{"Upgrade", "websocket"},
                          {"Connection", "Upgrade"},
                          {"Sec-WebSocket-Key", key},
                          {"Sec-WebSocket-Version", "13"}};
const Lines sound_answer{
    {"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", accept_value}};

/// `lines` with the value of one field changed; without the field when there is no value.
Lines with(Lines lines, std::string_view name, std::vector<std::string> values) {
    std::erase_if(lines, [&](const auto& line) { return line.first == name; });
    for (std::string& value : values) lines.emplace_back(name, std::move(value));
    return lines;
}

template <class Head>
Head head_of(const Lines& lines) {
    Head head;
    for (const auto& [name, value] : lines) head.fields.add({name, value, http::field_id(name)});
    return head;
}

UpgradeVerdict verdict(const Lines& lines, const std::vector<std::string>& allowed = websocket_only,
                       bool enabled = true) {
    auto head = head_of<http::RequestHead>(lines);
    head.method = http::Method::get;
    return check_upgrade_request(head, allowed, enabled).verdict;
}

SwitchVerdict answer(const Lines& lines,
                     const UpgradeRequest& request = {UpgradeVerdict::websocket, "websocket", key}) {
    return check_switch(head_of<http::ResponseHead>(lines), request);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handshake)

BOOST_AUTO_TEST_CASE(a_sound_request_gives_its_token_and_key) {
    auto head = head_of<http::RequestHead>(sound_request);
    head.method = http::Method::get;
    const UpgradeRequest request = check_upgrade_request(head, websocket_only, true);
    BOOST_TEST((request.verdict == UpgradeVerdict::websocket));
    BOOST_TEST(request.token == "websocket");
    BOOST_TEST(request.key == key);
}

BOOST_AUTO_TEST_CASE(tokens_are_compared_without_case_and_within_lists) {
    BOOST_TEST((verdict(with(sound_request, "Upgrade", {"WebSocket"})) == UpgradeVerdict::websocket));
    BOOST_TEST((verdict(with(sound_request, "Upgrade", {"h2c, websocket"})) == UpgradeVerdict::websocket));
    BOOST_TEST((verdict(with(sound_request, "Upgrade", {"foo", "websocket"})) == UpgradeVerdict::websocket));
    BOOST_TEST(
        (verdict(with(sound_request, "Connection", {"keep-alive, Upgrade"})) == UpgradeVerdict::websocket));
}

BOOST_AUTO_TEST_CASE(what_is_no_upgrade_for_us_is_an_ordinary_request) {
    BOOST_TEST((verdict({}) == UpgradeVerdict::none));
    BOOST_TEST((verdict(with(sound_request, "Upgrade", {})) == UpgradeVerdict::none));
    BOOST_TEST((verdict(with(sound_request, "Connection", {})) == UpgradeVerdict::none));
    BOOST_TEST((verdict(with(sound_request, "Connection", {"keep-alive"})) == UpgradeVerdict::none));
    BOOST_TEST(
        (verdict(with(sound_request, "Upgrade", {"h2c"}), {"h2c", "websocket"}) == UpgradeVerdict::none));
    BOOST_TEST((verdict(with(sound_request, "Upgrade", {"TLS/1.0"})) == UpgradeVerdict::none));
    BOOST_TEST((verdict(sound_request, {}) == UpgradeVerdict::none));
    BOOST_TEST((verdict(sound_request, websocket_only, false) == UpgradeVerdict::none));
}

BOOST_AUTO_TEST_CASE(http_1_0_cannot_upgrade) {
    auto head = head_of<http::RequestHead>(sound_request);
    head.method = http::Method::get;
    head.minor_version = 0;
    BOOST_TEST((check_upgrade_request(head, websocket_only, true).verdict == UpgradeVerdict::none));
}

BOOST_AUTO_TEST_CASE(a_version_other_than_13_is_told_so) {
    for (const std::vector<std::string>& versions :
         {std::vector<std::string>{}, {"8"}, {"13, 8"}, {"013"}, {"13", "13"}, {""}}) {
        BOOST_TEST((verdict(with(sound_request, "Sec-WebSocket-Version", versions)) ==
                    UpgradeVerdict::wrong_version));
    }
}

BOOST_AUTO_TEST_CASE(a_key_must_be_16_bytes_in_base64_and_there_once) {
    for (const std::vector<std::string>& keys : {std::vector<std::string>{},
                                                 {""},
                                                 {"c2hvcnQ="},
                                                 {"dGhlIHNhbXBsZSBub25jZQ"},
                                                 {"dGhlIHNhbXBsZSBub25jZQ=A"},
                                                 {"dGhlIHNhbXBsZSBub25j*Q=="},
                                                 {"dGhlIHNhbXBsZSBub25jZQ==dGhl"},
                                                 {key, key}}) {
        BOOST_TEST(
            (verdict(with(sound_request, "Sec-WebSocket-Key", keys)) == UpgradeVerdict::bad_handshake));
    }
}

BOOST_AUTO_TEST_CASE(a_websocket_begins_with_a_get_without_body) {
    auto head = head_of<http::RequestHead>(sound_request);
    head.method = http::Method::post;
    BOOST_TEST((check_upgrade_request(head, websocket_only, true).verdict == UpgradeVerdict::bad_handshake));
    head.method = http::Method::get;
    head.framing = {http::Framing::length, 0};
    BOOST_TEST((check_upgrade_request(head, websocket_only, true).verdict == UpgradeVerdict::websocket));
    head.framing = {http::Framing::length, 1};
    BOOST_TEST((check_upgrade_request(head, websocket_only, true).verdict == UpgradeVerdict::bad_handshake));
    head.framing = {http::Framing::chunked, 0};
    BOOST_TEST((check_upgrade_request(head, websocket_only, true).verdict == UpgradeVerdict::bad_handshake));
}

BOOST_AUTO_TEST_CASE(another_token_passes_when_the_route_lets_it) {
    const Lines lines{{"Upgrade", "Foo/2"}, {"Connection", "upgrade"}};
    BOOST_TEST((verdict(lines, {"foo/2"}) == UpgradeVerdict::other));
    auto head = head_of<http::RequestHead>(lines);
    head.method = http::Method::post;
    head.framing = {http::Framing::length, 3};
    BOOST_TEST((check_upgrade_request(head, std::vector<std::string>{"foo/2"}, true).verdict ==
                UpgradeVerdict::none));
}

BOOST_AUTO_TEST_CASE(the_accept_value_is_the_one_of_the_rfc) {
    const auto value = websocket::accept_for(key);
    BOOST_TEST(std::string_view(value.data(), value.size()) == accept_value);
}

BOOST_AUTO_TEST_CASE(a_sound_switch_is_sound) {
    BOOST_TEST((answer(sound_answer) == SwitchVerdict::sound));
    BOOST_TEST((answer(with(sound_answer, "Upgrade", {"WebSocket"})) == SwitchVerdict::sound));
    BOOST_TEST((answer(with(sound_answer, "Connection", {"upgrade, keep-alive"})) == SwitchVerdict::sound));
}

BOOST_AUTO_TEST_CASE(a_switch_that_does_not_fit_the_request_is_refused) {
    for (const std::vector<std::string>& values :
         {std::vector<std::string>{}, {"h2c"}, {"websocket, h2c"}, {"websocket", "websocket"}}) {
        BOOST_TEST((answer(with(sound_answer, "Upgrade", values)) == SwitchVerdict::not_asked_for));
    }
    for (const std::vector<std::string>& values : {std::vector<std::string>{}, {"keep-alive"}}) {
        BOOST_TEST((answer(with(sound_answer, "Connection", values)) == SwitchVerdict::missing_connection));
    }
    for (const std::vector<std::string>& values : {std::vector<std::string>{},
                                                   {""},
                                                   {key},
                                                   {"S3PPLMBITXAQ9KYGZZHZRBK+XOO="},
                                                   {accept_value, accept_value}}) {
        BOOST_TEST(
            (answer(with(sound_answer, "Sec-WebSocket-Accept", values)) == SwitchVerdict::wrong_accept));
    }
    BOOST_TEST((answer(sound_answer, {}) == SwitchVerdict::not_asked_for));
}

BOOST_AUTO_TEST_CASE(another_token_needs_only_itself_and_connection) {
    const UpgradeRequest request{UpgradeVerdict::other, "Foo/2", {}};
    BOOST_TEST((answer({{"Upgrade", "foo/2"}, {"Connection", "upgrade"}}, request) == SwitchVerdict::sound));
    BOOST_TEST(
        (answer({{"Upgrade", "bar"}, {"Connection", "upgrade"}}, request) == SwitchVerdict::not_asked_for));
}

BOOST_AUTO_TEST_SUITE_END()
