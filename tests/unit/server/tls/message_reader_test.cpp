#include "server/tls/message_reader.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::tls;
using namespace std::string_literals;

namespace {

using Result = tl::expected<LateMessage, Alert>;

Result read_all(MessageReader& reader, std::string_view bytes, Version version, Role peer) {
    Result last = LateMessage::incomplete;
    while (!bytes.empty() && last) last = reader.next(bytes, version, peer);
    return last;
}

Result read_all(std::string_view bytes, Version version, Role peer) {
    MessageReader reader;
    return read_all(reader, bytes, version, peer);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message_reader)

BOOST_AUTO_TEST_CASE(a_key_update_says_whether_it_wants_an_answer) {
    BOOST_TEST((read_all("\x18\0\0\x01\0"s, Version::tls_1_3, Role::client) == LateMessage::key_update));
    BOOST_TEST(
        (read_all("\x18\0\0\x01\x01"s, Version::tls_1_3, Role::server) == LateMessage::key_update_requested));
    BOOST_TEST(
        (read_all("\x18\0\0\x01\x02"s, Version::tls_1_3, Role::server).error() == Alert::illegal_parameter));
    BOOST_TEST(
        (read_all("\x18\0\0\x02\0\0"s, Version::tls_1_3, Role::server).error() == Alert::decode_error));
    BOOST_TEST((read_all("\x18\0\0\0"s, Version::tls_1_3, Role::server).error() == Alert::decode_error));
}

BOOST_AUTO_TEST_CASE(a_message_may_come_byte_by_byte) {
    MessageReader reader;
    const std::string ticket = "\x04\0\x01\0"s + std::string(256, 't');
    for (std::size_t i = 0; i + 1 < ticket.size(); ++i) {
        BOOST_REQUIRE(
            (read_all(reader, {&ticket[i], 1}, Version::tls_1_3, Role::server) == LateMessage::incomplete));
        BOOST_REQUIRE(reader.in_message());
    }
    BOOST_TEST((read_all(reader, "t", Version::tls_1_3, Role::server) == LateMessage::session_ticket));
    BOOST_TEST(!reader.in_message());
    BOOST_TEST((read_all(reader, "\x18\0\0\x01\x01"s, Version::tls_1_3, Role::server) ==
                LateMessage::key_update_requested));
}

BOOST_AUTO_TEST_CASE(several_messages_may_come_in_one_record) {
    MessageReader reader;
    const std::string text = "\x04\0\0\x02tt\x18\0\0\x01\0"s;
    std::string_view bytes = text;
    BOOST_TEST((reader.next(bytes, Version::tls_1_3, Role::server) == LateMessage::session_ticket));
    BOOST_TEST(bytes.size() == 5u);
    BOOST_TEST((reader.next(bytes, Version::tls_1_3, Role::server) == LateMessage::key_update));
    BOOST_TEST(bytes.empty());
}

BOOST_AUTO_TEST_CASE(tickets_come_from_servers_only_and_are_bounded) {
    BOOST_TEST(
        (read_all("\x04\0\0\x01t"s, Version::tls_1_3, Role::client).error() == Alert::unexpected_message));
    BOOST_TEST(
        (read_all("\x04\0\0\x01t"s, Version::tls_1_2, Role::server).error() == Alert::unexpected_message));
    BOOST_TEST(
        (read_all("\x04\xff\xff\xff"s, Version::tls_1_3, Role::server).error() == Alert::decode_error));
}

BOOST_AUTO_TEST_CASE(in_tls_1_3_other_messages_are_refused_by_their_header) {
    for (const int type : {0, 1, 2, 5, 8, 11, 13, 15, 20, 23, 25, 127}) {
        const std::string header{static_cast<char>(type), '\0', '\0', '\x08'};
        for (const Role peer : {Role::client, Role::server})
            BOOST_TEST((read_all(header, Version::tls_1_3, peer).error() == Alert::unexpected_message));
    }
}

BOOST_AUTO_TEST_CASE(in_tls_1_2_either_side_may_ask_for_a_renegotiation_in_its_own_way) {
    BOOST_TEST((read_all("\0\0\0\0"s, Version::tls_1_2, Role::server) == LateMessage::renegotiation));
    BOOST_TEST((read_all("\0\0\0\x01x"s, Version::tls_1_2, Role::server).error() == Alert::decode_error));
    BOOST_TEST((read_all("\x01\0\0\x03xxx"s, Version::tls_1_2, Role::client) == LateMessage::renegotiation));
    BOOST_TEST((read_all("\0\0\0\0"s, Version::tls_1_2, Role::client).error() == Alert::unexpected_message));
    BOOST_TEST(
        (read_all("\x01\0\0\0"s, Version::tls_1_2, Role::server).error() == Alert::unexpected_message));
    BOOST_TEST((read_all("\x01\xff\0\0"s, Version::tls_1_2, Role::client).error() == Alert::decode_error));
    BOOST_TEST(
        (read_all("\x18\0\0\x01\0"s, Version::tls_1_2, Role::client).error() == Alert::unexpected_message));
}

BOOST_AUTO_TEST_SUITE_END()
