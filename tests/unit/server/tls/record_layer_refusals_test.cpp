/// What a record layer refuses, and with which alert.
#include "tests/support/record_pair.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using namespace baton;
using namespace baton::test;
using namespace std::string_literals;
namespace data = boost::unit_test::data;

namespace {

const std::string close_notify = "\x01\0"s;
const std::string user_canceled = "\x01\x5a"s;
const std::string no_renegotiation = "\x01\x64"s;

/// A server that hears what a client with the right keys should not say.
struct Hearing {
    explicit Hearing(std::uint16_t suite) : pair(suite), forger(pair.world, suite, Role::client) {}

    Arrival hear(ContentType type, std::string_view content) {
        return pair.server.open(forger.seal(type, content));
    }
    /// The server has ended the connection with `alert`, told the client, and says nothing more.
    void expect_refusal(Alert alert) {
        BOOST_REQUIRE(pair.server.layer.last_alert().has_value());
        BOOST_TEST((*pair.server.layer.last_alert() == alert), to_string(*pair.server.layer.last_alert())
                                                                   << " instead of " << to_string(alert));
        BOOST_TEST((pair.client.open(pair.server.take_replies()).last == Opened::failed));
        BOOST_TEST((pair.client.layer.last_alert() == alert));
        BOOST_TEST(pair.server.seal("more").empty());
        BOOST_TEST(pair.server.close_notify().empty());
        BOOST_TEST((pair.server.open(pair.client.seal("more")).last != Opened::data));
        BOOST_TEST(!pair.server.layer.movable());
    }
    void expect_no_refusal() {
        BOOST_TEST(!pair.server.layer.last_alert().has_value());
        BOOST_TEST(hear(ContentType::application_data, "still here").data == "still here");
    }

    RecordPair pair;
    Forger forger;
};

/// A record of that length whose content nobody has sealed.
std::string unsealed(ContentType type, std::size_t length) {
    std::string record{static_cast<char>(type), '\x03', '\x03', static_cast<char>(length >> 8),
                       static_cast<char>(length)};
    return record.append(length, 'x');
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_layer_refusals)

BOOST_DATA_TEST_CASE(a_bit_that_was_changed_anywhere_ends_the_connection_and_brings_no_byte,
                     data::make(every_suite), suite) {
    RecordWorld world;
    Forger forger{world, suite, Role::client};
    const std::string record = forger.seal(ContentType::application_data, "one hundred pounds to Alice");
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
        // A length or type that is wrong already in the header never comes so far as a whole record.
        std::string tampered = record;
        tampered[bit / 8] = static_cast<char>(tampered[bit / 8] ^ 1 << bit % 8);
        if (bit / 8 == 3 || bit / 8 == 4) continue;
        RecordEnd server{world, made_up_keys(*world.workspace, suite, Role::server)};
        ByteQueue replies{world.blocks};
        BOOST_REQUIRE((server.layer.open(tampered, server.received, replies) == Opened::failed));
        BOOST_REQUIRE(server.received.empty());
        BOOST_REQUIRE(!replies.empty());
        const Alert alert = server.layer.last_alert().value();
        BOOST_REQUIRE((alert == Alert::bad_record_mac || (bit < 8 && alert == Alert::unexpected_message)));
    }
}

BOOST_DATA_TEST_CASE(a_record_that_was_cut_short_ends_the_connection, data::make(every_suite), suite) {
    RecordWorld world;
    Forger forger{world, suite, Role::client};
    const std::string record = forger.seal(ContentType::application_data, "a text that is longer than a tag");
    for (std::size_t length = 0; length + tls::record_header_length < record.size(); ++length) {
        std::string cut = record.substr(0, tls::record_header_length + length);
        cut[3] = static_cast<char>(length >> 8);
        cut[4] = static_cast<char>(length);
        RecordEnd server{world, made_up_keys(*world.workspace, suite, Role::server)};
        BOOST_REQUIRE((server.open(cut).last == Opened::failed));
        BOOST_REQUIRE((server.layer.last_alert() == Alert::bad_record_mac));
        BOOST_REQUIRE(server.received.empty());
    }
}

BOOST_DATA_TEST_CASE(a_record_that_comes_twice_or_out_of_order_ends_the_connection, data::make(every_suite),
                     suite) {
    Hearing twice{suite}, order{suite};
    const std::string record = twice.forger.seal(ContentType::application_data, "once");
    BOOST_TEST(twice.pair.server.open(record).data == "once");
    BOOST_TEST((twice.pair.server.open(record).last == Opened::failed));
    twice.expect_refusal(Alert::bad_record_mac);
    order.forger.seal(ContentType::application_data, "first");
    order.hear(ContentType::application_data, "second");
    order.expect_refusal(Alert::bad_record_mac);
}

BOOST_AUTO_TEST_CASE(a_record_that_holds_too_much_is_refused_before_it_is_opened) {
    for (const std::uint16_t suite : every_suite) {
        Hearing hearing{suite};
        hearing.pair.server.open(unsealed(ContentType::application_data, 16 * 1024 + 30));
        hearing.expect_refusal(Alert::record_overflow);
    }
}

BOOST_AUTO_TEST_CASE(the_longest_plaintext_is_accepted_padding_included) {
    for (const std::uint16_t suite : every_suite) {
        Hearing hearing{suite};
        BOOST_TEST(hearing.hear(ContentType::application_data, noise(16'384, 1)).data.size() == 16'384u);
    }
    Hearing padded{0x1301};
    const std::string record = padded.forger.seal_padded(ContentType::application_data, "few", 16'384 - 3);
    BOOST_TEST(record.size() == 16'384u + 22u);
    BOOST_TEST(padded.pair.server.open(record).data == "few");
    padded.expect_no_refusal();
}

BOOST_DATA_TEST_CASE(padding_is_taken_off, data::make(suites_of_tls_1_3), suite) {
    Hearing hearing{suite};
    for (std::size_t padding = 1; padding < 300; ++padding) {
        const std::string text = "ends with zeros\0\0"s;
        BOOST_REQUIRE(
            hearing.pair.server.open(hearing.forger.seal_padded(ContentType::application_data, text, padding))
                .data == text);
    }
}

BOOST_DATA_TEST_CASE(a_record_of_padding_alone_is_refused, data::make(suites_of_tls_1_3), suite) {
    for (const std::size_t zeros : {0, 1, 100, 16'384}) {
        Hearing hearing{suite};
        BOOST_TEST((hearing.hear(ContentType{0}, std::string(zeros, '\0')).last == Opened::failed));
        hearing.expect_refusal(Alert::unexpected_message);
    }
}

BOOST_AUTO_TEST_CASE(unprotected_records_are_refused_after_a_tls_1_3_handshake) {
    for (const ContentType type :
         {ContentType::change_cipher_spec, ContentType::alert, ContentType::handshake}) {
        Hearing hearing{0x1301};
        BOOST_TEST((hearing.pair.server.open(unsealed(type, 1)).last == Opened::failed));
        hearing.expect_refusal(Alert::unexpected_message);
    }
}

BOOST_AUTO_TEST_CASE(protected_records_of_another_type_are_refused) {
    for (const std::uint16_t suite : every_suite) {
        Hearing hearing{suite};
        BOOST_TEST((hearing.hear(ContentType::change_cipher_spec, "\x01").last == Opened::failed));
        hearing.expect_refusal(Alert::unexpected_message);
    }
    Hearing unknown{0x1301};
    unknown.hear(ContentType{99}, "?");
    unknown.expect_refusal(Alert::unexpected_message);
}

BOOST_AUTO_TEST_CASE(empty_alerts_and_messages_are_refused) {
    for (const std::uint16_t suite : every_suite) {
        for (const ContentType type : {ContentType::alert, ContentType::handshake}) {
            Hearing hearing{suite};
            hearing.hear(type, "");
            hearing.expect_refusal(Alert::unexpected_message);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_alert_is_two_bytes) {
    for (const std::string& content : {"\x02"s, "\x01\0\0"s, "\x02\x14\x02\x14"s}) {
        Hearing hearing{0x1302};
        hearing.hear(ContentType::alert, content);
        hearing.expect_refusal(Alert::decode_error);
    }
}

BOOST_AUTO_TEST_CASE(a_fatal_alert_ends_the_connection_without_an_answer) {
    for (const std::uint16_t suite : every_suite) {
        Hearing hearing{suite};
        BOOST_TEST((hearing.hear(ContentType::alert, "\x02\x2a").last == Opened::failed));
        BOOST_TEST((hearing.pair.server.layer.last_alert() == Alert::bad_certificate));
        BOOST_TEST(hearing.pair.server.take_replies().empty());
        BOOST_TEST(hearing.pair.server.seal("more").empty());
        BOOST_TEST(hearing.pair.server.close_notify().empty());
    }
}

BOOST_AUTO_TEST_CASE(in_tls_1_3_every_alert_but_two_is_fatal_whatever_its_level) {
    Hearing hearing{0x1301};
    BOOST_TEST((hearing.hear(ContentType::alert, user_canceled).last == Opened::nothing));
    BOOST_TEST((hearing.hear(ContentType::alert, "\x01\xc8").last == Opened::failed));
    BOOST_TEST((hearing.pair.server.layer.last_alert() == Alert{200}));
}

BOOST_AUTO_TEST_CASE(in_tls_1_2_a_warning_ends_nothing) {
    Hearing hearing{0xc02f};
    BOOST_TEST((hearing.hear(ContentType::alert, no_renegotiation).last == Opened::nothing));
    BOOST_TEST((hearing.hear(ContentType::alert, user_canceled).last == Opened::nothing));
    hearing.expect_no_refusal();
    BOOST_TEST((hearing.hear(ContentType::alert, close_notify).last == Opened::closed));
}

BOOST_DATA_TEST_CASE(records_without_effect_are_bounded_unless_data_comes_between, data::make(every_suite),
                     suite) {
    for (const auto& [type, content] :
         {std::pair{ContentType::application_data, ""s}, {ContentType::alert, user_canceled}}) {
        Hearing hearing{suite};
        for (int round = 0; round < 10; ++round) {
            for (int i = 0; i < 32; ++i) BOOST_REQUIRE((hearing.hear(type, content).last == Opened::nothing));
            BOOST_REQUIRE(hearing.hear(ContentType::application_data, "data").data == "data");
        }
        for (int i = 0; i < 32; ++i) BOOST_REQUIRE((hearing.hear(type, content).last == Opened::nothing));
        BOOST_TEST((hearing.hear(type, content).last == Opened::failed));
        hearing.expect_refusal(Alert::unexpected_message);
    }
}

BOOST_AUTO_TEST_CASE(an_attempt_to_renegotiate_is_answered_with_a_warning_and_the_connection_goes_on) {
    Hearing hearing{0xc02b};
    BOOST_TEST((hearing
                    .hear(ContentType::handshake,
                          "\x01\0\0\x04"
                          "abcd"s)
                    .last == Opened::nothing));
    const std::string warning = hearing.pair.server.take_replies();
    BOOST_TEST((hearing.pair.client.open(warning).last == Opened::nothing));
    Forger reference{hearing.pair.world, 0xc02b, Role::server};
    BOOST_TEST(warning == reference.seal(ContentType::alert, no_renegotiation));
    hearing.expect_no_refusal();
}

BOOST_AUTO_TEST_CASE(a_servers_request_to_renegotiate_is_answered_with_a_warning) {
    RecordPair pair{0xcca8};
    Forger server{pair.world, 0xcca8, Role::server};
    BOOST_TEST((pair.client.open(server.seal(ContentType::handshake, "\0\0\0\0"s)).last == Opened::nothing));
    Forger reference{pair.world, 0xcca8, Role::client};
    BOOST_TEST(pair.client.take_replies() == reference.seal(ContentType::alert, no_renegotiation));
}

BOOST_AUTO_TEST_CASE(attempts_to_renegotiate_are_bounded) {
    Hearing hearing{0xc02c};
    int attempts = 0;
    while (attempts < 1000 && hearing.hear(ContentType::handshake, "\x01\0\0\0"s).last == Opened::nothing) {
        hearing.hear(ContentType::application_data, "data");
        hearing.pair.client.open(hearing.pair.server.take_replies());
        ++attempts;
    }
    BOOST_TEST(attempts == 64);
    hearing.expect_refusal(Alert::unexpected_message);
}

BOOST_AUTO_TEST_CASE(a_client_must_not_send_tickets_or_ask_for_certificates) {
    for (const char type : {'\x04', '\x0d', '\x01', '\x02', '\x0b', '\x14'}) {
        for (const std::uint16_t suite : suites_of_tls_1_3) {
            Hearing hearing{suite};
            hearing.hear(ContentType::handshake, std::string{type, '\0', '\0', '\x01', 'x'});
            hearing.expect_refusal(Alert::unexpected_message);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_server_may_send_tickets_in_pieces_and_nothing_else_between_them) {
    RecordPair pair{0x1301};
    Forger server{pair.world, 0x1301, Role::server};
    const std::string ticket = "\x04\0\x40\0"s + std::string(0x4000, 't');
    BOOST_TEST((pair.client.open(server.seal(ContentType::handshake, ticket.substr(0, 9000))).last ==
                Opened::nothing));
    BOOST_TEST(pair.client.layer.layer_state().messages.in_message());
    BOOST_TEST(
        (pair.client.open(server.seal(ContentType::handshake, ticket.substr(9000))).last == Opened::nothing));
    BOOST_TEST(!pair.client.layer.layer_state().messages.in_message());
    BOOST_TEST(pair.client.open(server.seal(ContentType::application_data, "data")).data == "data");
    pair.client.open(server.seal(ContentType::handshake, ticket.substr(0, 9000)));
    BOOST_TEST((pair.client.open(server.seal(ContentType::application_data, "data")).last == Opened::failed));
    BOOST_TEST((pair.client.layer.last_alert() == Alert::unexpected_message));
}

BOOST_AUTO_TEST_CASE(a_server_must_not_ask_for_a_certificate_after_the_handshake) {
    RecordPair pair{0x1301};
    Forger server{pair.world, 0x1301, Role::server};
    pair.client.open(server.seal(ContentType::handshake, "\x0d\0\0\x01x"s));
    BOOST_TEST((pair.client.layer.last_alert() == Alert::unexpected_message));
}

BOOST_AUTO_TEST_CASE(a_flood_of_tickets_is_bounded) {
    RecordPair pair{0x1303};
    Forger server{pair.world, 0x1303, Role::server};
    int tickets = 0;
    while (tickets < 1000 &&
           pair.client.open(server.seal(ContentType::handshake, "\x04\0\0\x01t"s)).last == Opened::nothing)
        ++tickets;
    BOOST_TEST(tickets == 32);
}

BOOST_AUTO_TEST_SUITE_END()
