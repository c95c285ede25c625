// Half-closed connections, messages in the middle, and connections that cannot move or have gone.
#include "tests/support/record_pair.h"
#include "tests/unit/upgrade/hand_over/moved_transport.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace baton;
using namespace baton::test;
using baton::tls::Role;
namespace data = boost::unit_test::data;

namespace {

/// One suite of each kind of nonce.
const auto suites = data::make({0x1301, 0x1303, 0xc02f, 0xcca9});
const auto roles = data::make({0, 1});  // of Role

/// Long enough that its message is several records of 512 bytes.
int put_much_into_ticket(SSL* ssl, void*) {
    static const std::string much(1500, 't');
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), much.data(), much.size());
}

struct Ends : MovedTransport {
    void connect(int suite, int role) {
        MovedTransport::connect(static_cast<std::uint16_t>(suite), static_cast<Role>(role));
    }
    bool peer_has_close_notify() {
        peer.read();
        return (SSL_get_shutdown(peer.ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    bool ends_with(IoStatus status) {
        return pump_until([&] { return reading->end.has_value(); }) && reading->end->status == status;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(moved_ends, Ends)

BOOST_DATA_TEST_CASE_F(Ends, the_other_half_goes_on_after_the_peer_has_closed, suites* roles, suite, role) {
    connect(suite, role);
    peer.write("last");
    SSL_shutdown(peer.ssl.get());
    BOOST_TEST(ends_with(IoStatus::closed));
    BOOST_TEST(reading->data == "last");
    for (int i = 0; i < 2; ++i) {
        move();
        turn_all();
        BOOST_TEST(!reading->end.has_value());  // told already, and not again
        BOOST_TEST(!transport->readable());
        BOOST_TEST(transport->hung_up());
        BOOST_TEST(send("answer").empty());
        BOOST_TEST(peer_hears("answer"));
    }
    transport->shutdown_write();
    BOOST_TEST(pump_until([&] { return far_ended; }));
    BOOST_TEST(peer_has_close_notify());
}

BOOST_DATA_TEST_CASE_F(Ends, the_end_that_was_not_told_before_is_told_after_the_move, suites* roles, suite,
                       role) {
    connect(suite, role);
    reading->paused = true;
    peer.write("last");
    SSL_shutdown(peer.ssl.get());
    deliver(peer.take());
    turn_all();
    ReceiveBuffer into{here().blocks};
    BOOST_TEST((transport->receive(into).status == IoStatus::done));
    BOOST_TEST(into.data() == "last");
    into = ReceiveBuffer{here().blocks};
    move();
    reading->paused = false;
    turn_all();
    BOOST_REQUIRE(reading->end.has_value());
    BOOST_TEST((reading->end->status == IoStatus::closed));
    BOOST_TEST(reading->data.empty());
}

BOOST_DATA_TEST_CASE_F(Ends, close_notify_and_fin_in_the_kernel_are_a_clean_end, suites* roles, suite, role) {
    connect(suite, role);
    peer.write("last");
    SSL_shutdown(peer.ssl.get());
    deliver(peer.take());
    ::shutdown(far.get(), SHUT_WR);
    move();
    BOOST_TEST(ends_with(IoStatus::closed));
    BOOST_TEST(reading->data == "last");
    transport->close();
    BOOST_TEST(pump_until([&] { return far_ended; }));
    BOOST_TEST(peer_has_close_notify());
}

BOOST_DATA_TEST_CASE_F(Ends, our_end_that_is_sealed_and_not_sent_leaves_after_the_move, suites* roles, suite,
                       role) {
    connect(suite, role);
    const std::string said = noise(1'500'000, 1);
    reads_far = false;
    const std::string left = send(said);
    transport->shutdown_write();
    move();
    BOOST_TEST(!far_ended);
    ByteQueue more{here().blocks};
    more.append("more");
    BOOST_TEST((transport->send(more).status == IoStatus::failed));
    reads_far = true;
    BOOST_TEST(peer_hears(said.substr(0, said.size() - left.size())));
    BOOST_TEST(pump_until([&] { return far_ended; }));
    BOOST_TEST(peer_has_close_notify());
    // The peer's half goes on, here and after another move.
    BOOST_TEST(peer.write("still here"));
    BOOST_TEST(hears("still here"));
    move();
    BOOST_TEST(peer.write("and here"));
    BOOST_TEST(hears("and here"));
    BOOST_TEST((transport->send(more).status == IoStatus::failed));
    transport->close();
    BOOST_TEST(wire.records.size() > 0u);
}

BOOST_AUTO_TEST_CASE(an_end_without_close_notify_is_no_clean_end_after_a_move_either) {
    connect(0x1301, 0);
    ::shutdown(far.get(), SHUT_WR);
    move();
    BOOST_TEST(ends_with(IoStatus::failed));
    BOOST_TEST(reading->end->os_error == 0);
    BOOST_TEST(!transport->movable());
}

BOOST_AUTO_TEST_CASE(a_ticket_of_which_half_has_come_is_completed_by_its_rest) {
    connect(0x1302, static_cast<int>(Role::client));
    talk();  // and so the tickets of the handshake have passed
    SSL_CTX_set_session_ticket_cb(peer.context.get(), put_much_into_ticket, nullptr, nullptr);
    SSL_set_max_send_fragment(peer.ssl.get(), 512);
    for (std::size_t before = 1; before < 4; ++before) {
        BOOST_REQUIRE(SSL_new_session_ticket(peer.ssl.get()) == 1);
        const std::string records = peer_seals("behind the ticket");
        std::size_t cut = 0;
        for (std::size_t i = 0; i < before; ++i) {
            tls::RecordHeader header{};
            tls::read_header(std::string_view{records}.substr(cut), header);
            cut += header.length;
        }
        deliver(std::string_view{records}.substr(0, cut));
        turn_all();
        roll_back();
        transport->freeze();
        BOOST_TEST(transport->state().tls->layer.messages.in_message());
        transport->thaw();
        move();
        deliver(std::string_view{records}.substr(cut));
        BOOST_TEST(hears("behind the ticket"));
        talk();
    }
}

BOOST_AUTO_TEST_CASE(whoever_has_left_refuses_everything_and_says_nothing) {
    connect(0xc030, 0);
    const std::unique_ptr<Transport> left = freeze();
    const std::string fields = pack(*left);
    adopt(unpack(fields, left->descriptor(), *workers[1]));
    at = 1;
    BOOST_TEST(workers[0]->workspace->keys.in_use() == 1u);
    left->leave();
    BOOST_TEST(workers[0]->workspace->keys.in_use() == 0u);
    BOOST_TEST(workers[0]->blocks.in_use() == 0u);
    ByteQueue data{blocks};
    data.append("never");
    ReceiveBuffer into{blocks};
    BOOST_TEST((left->send(data).status == IoStatus::failed));
    BOOST_TEST((left->receive(into).status == IoStatus::failed));
    BOOST_TEST(data.size() == 5u);
    left->shutdown_write();
    left->close();
    left->reset();
    BOOST_TEST(!left->is_open());
    BOOST_TEST(!left->movable());
    BOOST_TEST(left->descriptor() == -1);
    BOOST_TEST(left->unsent() == 0u);
    BOOST_TEST(left->tls()->server_name == "a.example");
    talk();
}

BOOST_AUTO_TEST_CASE(a_frozen_connection_that_is_closed_says_nothing) {
    connect(0x1301, 0);
    talk();
    const std::size_t records = wire.records.size();
    transport->freeze();
    transport->close();
    BOOST_TEST(pump_until([&] { return far_ended; }));
    BOOST_TEST(wire.records.size() == records);
    BOOST_TEST(here().workspace->keys.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(a_frozen_connection_hears_of_nothing) {
    connect(0x1303, 0);
    turn_all();
    const int calls = reading->calls;
    transport->call_again();
    transport->freeze();
    deliver(peer_seals("meanwhile"));
    for (int i = 0; i < 3; ++i) turn_all();
    BOOST_TEST(reading->calls == calls);
    transport->thaw();
    BOOST_TEST(hears("meanwhile"));
    talk();
}

BOOST_AUTO_TEST_CASE(a_connection_that_the_loop_does_not_take_back_fails) {
    struct Nobody final : WatchHandler {
        void on_ready() noexcept override {}
    } nobody;
    for (const bool writes : {true, false}) {
        Ends world;
        world.connect(0x1301, 0);
        world.transport->freeze();
        Watch in_the_way;  // epoll knows a descriptor once
        BOOST_REQUIRE(
            in_the_way.start(*world.here().loop, world.transport->descriptor(), nobody).has_value());
        world.transport->thaw();
        BOOST_TEST(!world.transport->is_open());
        BOOST_TEST(!world.transport->movable());
        ByteQueue data{world.blocks};
        data.append("never");
        ReceiveBuffer into{world.blocks};
        const IoResult result = writes ? world.transport->send(data) : world.transport->receive(into);
        BOOST_TEST((result.status == IoStatus::failed));
        BOOST_TEST(result.os_error == EBADF);
    }
}

BOOST_AUTO_TEST_CASE(what_has_failed_does_not_move) {
    connect(0x1301, 0);
    deliver("no record at all");
    BOOST_TEST(ends_with(IoStatus::failed));
    BOOST_TEST(!transport->movable());

    Ends broken;
    broken.connect(0xcca8, 1);
    broken.far.reset();
    BOOST_TEST(broken.transport->movable());
    broken.turn_all();
    BOOST_TEST(!broken.transport->movable());
}

BOOST_AUTO_TEST_SUITE_END()
