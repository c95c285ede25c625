/// How keys change while a connection lives, and when they are used up.
#include "tests/support/record_pair.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton;
using namespace baton::test;
using namespace std::string_literals;
namespace data = boost::unit_test::data;

namespace {

const std::string key_update = "\x18\0\0\x01\0"s;
const std::string key_update_requested = "\x18\0\0\x01\x01"s;

/// A server, and a client that changes its keys when it likes.
struct Updates {
    explicit Updates(std::uint16_t suite) : pair(suite), forger(pair.world, suite, Role::client) {}

    Opened update(const std::string& message) {
        const Opened opened = pair.server.open(forger.seal(ContentType::handshake, message)).last;
        forger.update();
        return opened;
    }
    Arrival say(std::string_view text) {
        return pair.server.open(forger.seal(ContentType::application_data, text));
    }

    RecordPair pair;
    Forger forger;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(record_layer_key_update)

BOOST_DATA_TEST_CASE(a_peer_may_change_its_keys_and_nothing_is_answered, data::make(suites_of_tls_1_3),
                     suite) {
    Updates updates{suite};
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST((updates.update(key_update) == Opened::nothing));
        BOOST_TEST(updates.say("with the next key").data == "with the next key");
    }
    BOOST_TEST(updates.pair.server.take_replies().empty());
    BOOST_TEST(updates.pair.server.layer.state().reading.sequence == 1u);
}

BOOST_DATA_TEST_CASE(a_request_is_answered_with_the_former_key, data::make(suites_of_tls_1_3), suite) {
    Updates updates{suite};
    BOOST_TEST((updates.update(key_update_requested) == Opened::nothing));
    Forger reference{updates.pair.world, suite, Role::server};
    BOOST_TEST(updates.pair.server.take_replies() == reference.seal(ContentType::handshake, key_update));
    reference.update();
    BOOST_TEST(updates.pair.server.seal("data") == reference.seal(ContentType::application_data, "data"));
    BOOST_TEST(updates.say("with the next key").data == "with the next key");
}

BOOST_AUTO_TEST_CASE(requests_that_come_while_nothing_is_said_get_one_answer) {
    Updates updates{0x1301};
    for (int i = 0; i < 5; ++i) updates.update(key_update_requested);
    BOOST_TEST(updates.pair.client.open(updates.pair.server.take_replies()).records == 1u);
    BOOST_TEST(updates.pair.client.open(updates.pair.server.seal("data")).data == "data");
    updates.update(key_update_requested);
    BOOST_TEST(updates.pair.client.open(updates.pair.server.take_replies()).records == 1u);
    BOOST_TEST(updates.pair.client.open(updates.pair.server.seal("data")).data == "data");
}

BOOST_AUTO_TEST_CASE(a_request_after_our_close_notify_is_not_answered) {
    Updates updates{0x1301};
    BOOST_TEST((updates.pair.client.open(updates.pair.server.close_notify()).last == Opened::closed));
    BOOST_TEST((updates.update(key_update_requested) == Opened::nothing));
    BOOST_TEST(updates.pair.server.take_replies().empty());
    BOOST_TEST(updates.say("the other half is open").data == "the other half is open");
}

BOOST_AUTO_TEST_CASE(a_key_update_ends_its_record) {
    for (const std::string& content :
         {key_update + key_update, key_update + "\x18", key_update_requested + '\0'}) {
        Updates updates{0x1302};
        BOOST_TEST((updates.update(content) == Opened::failed));
        BOOST_TEST((updates.pair.server.layer.last_alert() == Alert::unexpected_message));
    }
}

BOOST_AUTO_TEST_CASE(a_key_update_may_come_in_pieces) {
    Updates updates{0x1303};
    updates.pair.server.open(updates.forger.seal(ContentType::handshake, key_update.substr(0, 2)));
    BOOST_TEST(updates.pair.server.layer.layer_state().messages.in_message());
    BOOST_TEST((updates.update(key_update.substr(2)) == Opened::nothing));
    BOOST_TEST(updates.say("data").data == "data");
}

BOOST_AUTO_TEST_CASE(a_malformed_key_update_is_refused) {
    Updates value{0x1301}, length{0x1301};
    BOOST_TEST((value.update("\x18\0\0\x01\x02"s) == Opened::failed));
    BOOST_TEST((value.pair.server.layer.last_alert() == Alert::illegal_parameter));
    BOOST_TEST((length.update("\x18\0\0\x02\0\0"s) == Opened::failed));
    BOOST_TEST((length.pair.server.layer.last_alert() == Alert::decode_error));
}

BOOST_AUTO_TEST_CASE(a_record_with_the_former_key_is_refused_after_an_update) {
    Updates updates{0x1301};
    updates.pair.server.open(updates.forger.seal(ContentType::handshake, key_update));
    BOOST_TEST((updates.say("with the former key").last == Opened::failed));
    BOOST_TEST((updates.pair.server.layer.last_alert() == Alert::bad_record_mac));
}

BOOST_AUTO_TEST_CASE(one_update_in_a_thousand_records_goes_on_for_ever) {
    Updates updates{0x1301};
    for (int round = 0; round < 100; ++round) {
        for (int i = 0; i < 999; ++i) BOOST_REQUIRE(updates.say("x").data == "x");
        BOOST_REQUIRE((updates.update(key_update_requested) == Opened::nothing));
        updates.pair.server.seal("y");
    }
}

BOOST_AUTO_TEST_CASE(a_flood_of_updates_is_ended) {
    for (const std::string& message : {key_update, key_update_requested}) {
        Updates updates{0x1301};
        int accepted = 0;
        while (accepted < 1000 && updates.update(message) == Opened::nothing) {
            updates.say("data between them");
            ++accepted;
        }
        BOOST_TEST(accepted == 64);
        BOOST_TEST((updates.pair.server.layer.last_alert() == Alert::unexpected_message));
    }
}

BOOST_DATA_TEST_CASE(our_own_keys_change_before_they_have_sealed_too_much, data::make(suites_of_tls_1_3),
                     suite) {
    RecordPair pair{suite, [](tls::RecordState& state) {
                        if (state.role == Role::client)
                            state.writing.sequence = tls::most_records_per_key - 2;
                        if (state.role == Role::server)
                            state.reading.sequence = tls::most_records_per_key - 2;
                    }};
    const std::string text = noise(10'000, 1);
    const Arrival arrival = pair.server.open(pair.client.seal(text));
    BOOST_TEST(arrival.data == text);
    BOOST_TEST(arrival.records == 9u);  // eight with data
    BOOST_TEST(pair.client.layer.state().writing.sequence == 6u);
    BOOST_TEST(pair.server.layer.state().reading.sequence == 6u);
    BOOST_TEST(pair.server.take_replies().empty());
}

BOOST_AUTO_TEST_CASE(tls_1_2_seals_no_data_beyond_the_limit_of_gcm_but_says_goodbye) {
    for (const std::uint16_t suite : std::array<std::uint16_t, 2>{0xc02b, 0xc030}) {
        RecordPair pair{suite, [](tls::RecordState& state) {
                            TrafficKeys& client = state.role == Role::client ? state.writing : state.reading;
                            client.sequence = tls::most_records_of_tls_1_2_gcm - 1;
                        }};
        BOOST_TEST(pair.server.open(pair.client.seal("the last")).data == "the last");
        BOOST_TEST(pair.client.seal("one more").empty());
        BOOST_TEST(!pair.client.sealed());
        BOOST_TEST((pair.server.open(pair.client.close_notify()).last == Opened::closed));
    }
}

BOOST_AUTO_TEST_CASE(sequence_numbers_never_begin_again) {
    RecordPair pair{0xcca8, [](tls::RecordState& state) {
                        state.writing.sequence = state.reading.sequence = UINT64_MAX - 1;
                    }};
    BOOST_TEST(pair.server.open(pair.client.seal("the last")).data == "the last");
    BOOST_TEST(pair.client.seal("one more").empty());
    BOOST_TEST(pair.client.close_notify().empty());
    BOOST_TEST(pair.client.layer.state().writing.sequence == UINT64_MAX);
    Forger forger{pair.world, 0xcca8, Role::client};
    BOOST_TEST((pair.server.open(forger.seal(ContentType::application_data, "x")).last == Opened::failed));
    BOOST_TEST((pair.server.layer.last_alert() == Alert::internal_error));
}

BOOST_AUTO_TEST_SUITE_END()
