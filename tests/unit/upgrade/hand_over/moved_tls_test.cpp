// TLS connections that are frozen, packed and go on elsewhere: every suite, in both roles, against OpenSSL.
#include "tests/support/record_pair.h"
#include "tests/unit/upgrade/hand_over/moved_transport.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace baton;
using namespace baton::test;
using baton::tls::Role;
namespace data = boost::unit_test::data;

namespace {

const auto suites = data::make(every_suite);
const auto roles = data::make({0, 1});  // of Role

Role role_of(int number) {
    return static_cast<Role>(number);
}

/// Asks OpenSSL for a KeyUpdate, which leaves in front of what it says next.
void update_keys(OpensslPeer& peer, int asks_for_ours) {
    BOOST_TEST(SSL_key_update(peer.ssl.get(), asks_for_ours) == 1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(moved_tls, MovedTransport)

BOOST_DATA_TEST_CASE_F(MovedTransport, a_moved_connection_goes_on_both_ways, suites* roles, suite, role) {
    connect(suite, role_of(role));
    const tls::TlsInfo before = transport->tls()->copy();
    for (int i = 0; i < 3; ++i) {
        talk();
        move();
    }
    talk();
    BOOST_TEST(transport->tls()->suite == suite);
    BOOST_TEST((transport->tls()->version == before.version));
    BOOST_TEST(transport->tls()->server_name == before.server_name);
    BOOST_TEST(transport->tls()->resumed == before.resumed);
    BOOST_TEST(workers[1 - at]->workspace->keys.in_use() == 0u);
    BOOST_TEST(here().workspace->keys.in_use() == 1u);
    BOOST_TEST(here().blocks.in_use() == 0u);
}

BOOST_DATA_TEST_CASE_F(MovedTransport, half_a_record_is_completed_by_its_rest, suites* roles, suite, role) {
    connect(suite, role_of(role));
    for (const std::size_t cut : {1u, 4u, 5u, 6u, 500u}) {
        const std::string record = peer_seals("a record");
        const std::size_t first = std::min(cut, record.size() - 1);
        deliver(std::string_view{record}.substr(0, first));
        turn_all();
        move();
        deliver(std::string_view{record}.substr(first));
        BOOST_TEST(hears("a record"));
        talk();
    }
}

BOOST_DATA_TEST_CASE_F(MovedTransport, half_a_record_in_the_kernel_is_read_where_the_connection_goes,
                       suites* roles, suite, role) {
    connect(suite, role_of(role));
    const std::string record = peer_seals("a record");
    deliver(std::string_view{record}.substr(0, 7));
    move();
    turn_all();
    roll_back();
    move();
    deliver(std::string_view{record}.substr(7));
    BOOST_TEST(hears("a record"));
    talk();
}

BOOST_DATA_TEST_CASE_F(MovedTransport, sealed_records_leave_first_and_as_they_are, suites* roles, suite,
                       role) {
    connect(suite, role_of(role));
    const std::string said = noise(1'500'000, 1);
    std::string left = said;
    reads_far = false;
    for (int moves = 0; moves < 3; ++moves) {
        for (int i = 0; i < 20; ++i) {
            left = send(left);
            turn_all();
        }
        BOOST_TEST(transport->unsent() > 0u);
        const std::size_t unsent = transport->unsent();
        move();
        BOOST_TEST(transport->unsent() == unsent);
        BOOST_TEST(!transport->writable());
        receive_far();
    }
    reads_far = true;
    reading->on_ready = [&] { left = send(left); };
    BOOST_TEST(peer_hears(said));
    BOOST_TEST(left.empty());
    reading->on_ready = {};
    talk();
}

BOOST_DATA_TEST_CASE_F(MovedTransport, a_roll_back_goes_on_as_if_nothing_had_happened, suites* roles, suite,
                       role) {
    connect(suite, role_of(role));
    const std::string record = peer_seals("a record");
    deliver(std::string_view{record}.substr(0, record.size() - 1));
    turn_all();
    const std::string said = noise(1'500'000, 2);
    reads_far = false;
    std::string left = send(said);
    roll_back();
    BOOST_TEST(here().workspace->keys.in_use() == 1u);
    BOOST_TEST(workers[1 - at]->workspace->keys.in_use() == 0u);
    deliver(std::string_view{record}.substr(record.size() - 1));
    BOOST_TEST(hears("a record"));
    reads_far = true;
    reading->on_ready = [&] { left = send(left); };
    BOOST_TEST(peer_hears(said));
    reading->on_ready = {};
    talk();
}

BOOST_DATA_TEST_CASE_F(MovedTransport, a_hundred_moves_repeat_no_nonce, suites* roles, suite, role) {
    connect(suite, role_of(role));
    std::uint64_t sealed = 0;
    for (int i = 0; i < 100; ++i) {
        if (i % 3 == 2) roll_back();
        talk();
        transport->freeze();
        const TransportState state = transport->state();
        transport->thaw();
        // Everything under one key: the sequence is the nonce, or goes along with it.
        BOOST_TEST(state.tls->keys->writing.sequence > sealed);
        sealed = state.tls->keys->writing.sequence;
        move();
    }
    BOOST_TEST(wire.records.size() >= 100u);
    if (tls::find_suite(suite)->has_explicit_nonce()) BOOST_TEST(wire.explicit_nonces_differ());
}

BOOST_DATA_TEST_CASE_F(MovedTransport, key_updates_before_at_and_after_a_move_are_followed,
                       data::make(suites_of_tls_1_3) * roles, suite, role) {
    connect(suite, role_of(role));
    for (const int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        update_keys(peer, kind);
        talk();
        move();
        talk();
        // In the middle: whole behind the move, then half before it and half behind.
        for (const std::size_t cut : {0u, 3u, 20u}) {
            update_keys(peer, kind);
            const std::string records = peer_seals("with the next key");
            deliver(std::string_view{records}.substr(0, cut));
            turn_all();
            move();
            deliver(std::string_view{records}.substr(cut));
            BOOST_TEST(hears("with the next key"));
            talk();
        }
        move();
        update_keys(peer, kind);
        talk();
    }
}

BOOST_DATA_TEST_CASE_F(MovedTransport, the_answer_to_a_key_update_waits_behind_sealed_records,
                       data::make(suites_of_tls_1_3) * roles, suite, role) {
    connect(suite, role_of(role));
    const std::string said = noise(1'500'000, 3);
    reads_far = false;
    std::string left = send(said);
    update_keys(peer, SSL_KEY_UPDATE_REQUESTED);
    deliver(peer_seals("update"));
    BOOST_TEST(hears("update"));
    move();
    reads_far = true;
    reading->on_ready = [&] { left = send(left); };
    BOOST_TEST(peer_hears(said));
    reading->on_ready = {};
    talk();
}

BOOST_DATA_TEST_CASE_F(MovedTransport, whole_records_that_wait_are_read_without_another_event, suites* roles,
                       suite, role) {
    connect(suite, role_of(role));
    const std::string said = noise(40'000, 4);
    reading->paused = true;
    std::string records;
    for (std::size_t i = 0; i < said.size(); i += 100) records += peer_seals(said.substr(i, 100));
    deliver(records);
    turn_all();
    // One read: its bytes are whole records, of which a block does not hold all.
    ReceiveBuffer into{here().blocks};
    BOOST_TEST((transport->receive(into).status == IoStatus::done));
    reading->data = into.data();
    into.consume(into.size());
    into.release_if_empty();
    move();
    BOOST_TEST(reading->calls == 0);
    turn_all();
    BOOST_TEST(reading->calls == 1);
    reading->paused = false;
    transport->call_again();
    BOOST_TEST(hears(said));
    talk();
}

BOOST_AUTO_TEST_SUITE_END()
