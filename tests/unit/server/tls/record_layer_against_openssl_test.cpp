/// The record layer takes one side of a connection over from OpenSSL and goes on against OpenSSL's other
/// side, in both roles and for every suite.
#include "tests/unit/server/tls/openssl_connection.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace baton::tls {
std::ostream& operator<<(std::ostream& out, Role role) {
    return out << (role == Role::server ? "server" : "client");
}
}  // namespace baton::tls

using namespace baton;
using namespace baton::test;
namespace data = boost::unit_test::data;

namespace {

const auto both_roles = data::make({Role::server, Role::client});
const auto every_connection = data::make(every_suite) * both_roles;
const auto connections_of_tls_1_3 = data::make(suites_of_tls_1_3) * both_roles;
const auto connections_of_tls_1_2 =
    data::make(std::vector<std::uint16_t>(every_suite.begin() + 3, every_suite.end())) * both_roles;

/// A connection with what both sides have said and heard, driven by a seed.
class Traffic {
public:
    Traffic(std::uint16_t suite, Role role) : connection_(suite, role), random_(suite) {
        BOOST_REQUIRE((us().open(connection_.early()).last != Opened::failed));
    }

    RecordEnd& us() { return connection_.us(); }
    OpensslEnd& peer() { return connection_.peer(); }
    std::size_t number(std::size_t below) { return random_() % below; }
    std::string text(std::size_t most) {
        return noise(1 + number(most), static_cast<std::uint32_t>(random_()));
    }

    /// Mostly a few bytes, sometimes several records.
    std::string some_text() { return text(number(4) == 0 ? 60'000 : 400); }

    void we_say(const std::string& said) {
        wire_to_peer_ += us().seal(said);
        BOOST_REQUIRE(us().sealed());
        said_by_us_ += said;
    }
    void peer_says(const std::string& said) {
        BOOST_REQUIRE(peer().write(said));
        said_by_peer_ += said;
    }
    /// The peer changes its keys with its next record.
    void peer_updates(int kind) { BOOST_REQUIRE(SSL_key_update(peer().ssl(), kind) == 1); }

    /// The peer gets a part of what is on the wire, cut anywhere.
    void peer_hears_some() {
        const std::size_t length = number(wire_to_peer_.size() + 1);
        peer_hears(length);
    }
    void peer_hears_all() { peer_hears(wire_to_peer_.size()); }
    /// We get the whole records of what the peer has said.
    void we_hear() {
        const Arrival arrival = us().open(peer().say());
        BOOST_REQUIRE((arrival.last != Opened::failed));
        heard_by_us_ += arrival.data;
        wire_to_peer_ += us().take_replies();
    }
    void require_all_heard() {
        we_hear();
        peer_hears_all();
        we_hear();
        BOOST_REQUIRE(heard_by_us_ == said_by_peer_);
        BOOST_REQUIRE(heard_by_peer_ == said_by_us_);
    }

private:
    void peer_hears(std::size_t length) {
        peer().hear(std::string_view{wire_to_peer_}.substr(0, length));
        wire_to_peer_.erase(0, length);
        const OpensslRead read = peer().read();
        BOOST_REQUIRE(read.error == 0);
        heard_by_peer_ += read.data;
    }

    TakenOver connection_;
    std::mt19937 random_;
    std::string wire_to_peer_, said_by_us_, heard_by_us_, said_by_peer_, heard_by_peer_;
};

/// The alert that OpenSSL reports when it has received it.
int reason_of_alert(Alert alert) {
    return SSL_AD_REASON_OFFSET + static_cast<int>(alert);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_layer_against_openssl)

BOOST_DATA_TEST_CASE(random_data_crosses_in_random_pieces, every_connection, suite, role) {
    Traffic traffic{suite, role};
    for (int step = 0; step < 400; ++step) {
        switch (traffic.number(4)) {
            case 0: traffic.we_say(traffic.some_text()); break;
            case 1: traffic.peer_says(traffic.some_text()); break;
            case 2: traffic.peer_hears_some(); break;
            case 3: traffic.we_hear(); break;
        }
    }
    traffic.require_all_heard();
}

BOOST_DATA_TEST_CASE(records_of_every_length_are_understood, every_connection, suite, role) {
    Traffic traffic{suite, role};
    for (const std::size_t length :
         {1, 15, 16, 17, 255, 256, 1377, 1378, 1379, 16'383, 16'384, 16'385, 50'000}) {
        traffic.we_say(noise(length, 1));
        traffic.peer_says(noise(length, 2));
        traffic.require_all_heard();
    }
    for (const unsigned longest : {512u, 513u, 4000u, 16'384u}) {
        SSL_set_max_send_fragment(traffic.peer().ssl(), longest);
        traffic.peer_says(noise(40'000, longest));
        traffic.require_all_heard();
    }
}

BOOST_DATA_TEST_CASE(the_peers_padding_is_taken_off, connections_of_tls_1_3, suite, role) {
    Traffic traffic{suite, role};
    for (const std::size_t block : {2, 100, 1024, 16'384}) {
        SSL_set_block_padding(traffic.peer().ssl(), block);
        for (int i = 0; i < 5; ++i) traffic.peer_says(traffic.some_text());
        traffic.require_all_heard();
    }
}

BOOST_DATA_TEST_CASE(keys_change_while_data_flows, connections_of_tls_1_3, suite, role) {
    Traffic traffic{suite, role};
    int updates = 0;
    for (int step = 0; step < 600; ++step) {
        switch (traffic.number(6)) {
            case 0: traffic.we_say(traffic.some_text()); break;
            case 1: traffic.peer_says(traffic.some_text()); break;
            case 2: traffic.peer_hears_some(); break;
            case 3: traffic.we_hear(); break;
            case 4:
                if (updates == 60) break;
                ++updates;
                traffic.peer_updates(SSL_KEY_UPDATE_NOT_REQUESTED);
                traffic.peer_says(traffic.text(100));
                break;
            case 5:
                if (updates == 60) break;
                ++updates;
                traffic.peer_updates(SSL_KEY_UPDATE_REQUESTED);
                traffic.peer_says(traffic.text(100));
                break;
        }
    }
    BOOST_TEST(updates == 60);
    traffic.require_all_heard();
}

BOOST_DATA_TEST_CASE(a_flood_of_key_updates_is_answered_with_an_alert, connections_of_tls_1_3, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    Opened last = Opened::nothing;
    for (int i = 0; i < 200 && last != Opened::failed; ++i) {
        SSL_key_update(connection.peer().ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
        BOOST_REQUIRE(connection.peer().write("x"));
        last = connection.us().open(connection.peer().say()).last;
    }
    BOOST_TEST((last == Opened::failed));
    connection.peer().hear(connection.us().take_replies());
    BOOST_TEST(connection.peer().read().error == reason_of_alert(Alert::unexpected_message));
}

BOOST_DATA_TEST_CASE(the_peer_closes_its_half_and_we_go_on, every_connection, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    BOOST_TEST(connection.peer().write("goodbye"));
    BOOST_TEST(SSL_shutdown(connection.peer().ssl()) == 0);
    const Arrival arrival = connection.us().open(connection.peer().say());
    BOOST_TEST(arrival.data == "goodbye");
    BOOST_TEST((arrival.last == Opened::closed));

    const std::string rest = noise(70'000, 1);
    connection.peer().hear(connection.us().seal(rest));
    const OpensslRead read = connection.peer().read();
    BOOST_TEST(read.data == rest);
    BOOST_TEST(!read.closed);
    connection.peer().hear(connection.us().close_notify());
    BOOST_TEST(connection.peer().read().closed);
    BOOST_TEST(SSL_get_shutdown(connection.peer().ssl()) == (SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN));
}

BOOST_DATA_TEST_CASE(we_close_our_half_and_the_peer_goes_on, every_connection, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    connection.peer().hear(connection.us().seal("goodbye"));
    connection.peer().hear(connection.us().close_notify());
    const OpensslRead read = connection.peer().read();
    BOOST_TEST(read.data == "goodbye");
    BOOST_TEST(read.closed);

    const std::string rest = noise(70'000, 1);
    BOOST_TEST(connection.peer().write(rest));
    SSL_shutdown(connection.peer().ssl());
    const Arrival arrival = connection.us().open(connection.peer().say());
    BOOST_TEST(arrival.data == rest);
    BOOST_TEST((arrival.last == Opened::closed));
}

BOOST_DATA_TEST_CASE(we_refuse_what_was_tampered_with_and_the_peer_learns_why, every_connection, suite,
                     role) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        TakenOver connection{suite, role};
        connection.us().open(connection.early());
        std::mt19937 random{seed};
        BOOST_REQUIRE(connection.peer().write(noise(1 + random() % 2000, seed)));
        std::string wire = connection.peer().say();
        const std::size_t at =
            tls::record_header_length + random() % (wire.size() - tls::record_header_length);
        wire[at] = static_cast<char>(wire[at] ^ 1 << random() % 8);
        const Arrival arrival = connection.us().open(wire);
        BOOST_REQUIRE((arrival.last == Opened::failed));
        BOOST_REQUIRE(arrival.data.empty());
        connection.peer().hear(connection.us().take_replies());
        BOOST_REQUIRE(connection.peer().read().error == reason_of_alert(Alert::bad_record_mac));
    }
}

BOOST_DATA_TEST_CASE(the_peer_refuses_what_was_tampered_with_and_we_learn_why, every_connection, suite,
                     role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    std::string wire = connection.us().seal("one hundred pounds to Alice");
    wire.back() = static_cast<char>(wire.back() ^ 1);
    connection.peer().hear(wire);
    const OpensslRead read = connection.peer().read();
    BOOST_TEST(read.data.empty());
    BOOST_TEST(read.error == SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
    BOOST_TEST((connection.us().open(connection.peer().say()).last == Opened::failed));
    BOOST_TEST((connection.us().layer.last_alert() == Alert::bad_record_mac));
}

BOOST_DATA_TEST_CASE(a_truncated_record_brings_no_byte, every_connection, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    BOOST_REQUIRE(connection.peer().write(noise(1000, 1)));
    std::string wire = connection.peer().say();
    wire.resize(wire.size() - 1);
    BOOST_TEST(connection.us().open(wire).records == 0u);
    // The same with a length that fits what is left.
    const std::size_t length = wire.size() - tls::record_header_length;
    wire[3] = static_cast<char>(length >> 8);
    wire[4] = static_cast<char>(length);
    const Arrival arrival = connection.us().open(wire);
    BOOST_TEST((arrival.last == Opened::failed));
    BOOST_TEST(arrival.data.empty());
}

BOOST_DATA_TEST_CASE(the_peer_notices_that_our_stream_was_truncated, every_connection, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    std::string wire = connection.us().seal("the first");
    wire += connection.us().seal("the second");
    connection.peer().hear(std::string_view{wire}.substr(0, wire.size() - 3));
    connection.peer().end_of_wire();
    const OpensslRead read = connection.peer().read();
    BOOST_TEST(read.data == "the first");
    BOOST_TEST(!read.closed);
    BOOST_TEST(read.error == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

BOOST_DATA_TEST_CASE(our_fatal_alert_reaches_the_peer, every_connection, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    connection.peer().hear(connection.us().fail(Alert::internal_error));
    BOOST_TEST(connection.peer().read().error == reason_of_alert(Alert::internal_error));
}

BOOST_DATA_TEST_CASE(the_peer_is_refused_a_renegotiation, connections_of_tls_1_2, suite, role) {
    TakenOver connection{suite, role};
    connection.us().open(connection.early());
    BOOST_REQUIRE(SSL_renegotiate(connection.peer().ssl()) == 1);
    SSL_do_handshake(connection.peer().ssl());
    BOOST_TEST((connection.us().open(connection.peer().say()).last == Opened::nothing));
    connection.peer().hear(connection.us().take_replies());
    BOOST_TEST(connection.peer().read().error == SSL_R_NO_RENEGOTIATION);
    // OpenSSL gives up then; we learn it by its alert.
    BOOST_TEST((connection.us().open(connection.peer().say()).last == Opened::failed));
    BOOST_TEST((connection.us().layer.last_alert() == Alert::handshake_failure));
}

BOOST_AUTO_TEST_SUITE_END()
