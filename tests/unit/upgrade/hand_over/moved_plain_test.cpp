// Bare sockets that are frozen, packed and go on elsewhere.
#include "server/net/tcp_transport.h"
#include "tests/unit/upgrade/hand_over/moved_transport.h"

using namespace baton;
using namespace baton::test;

namespace {

struct MovedPlain {
    MovedPlain() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        far = Fd{ends[1]};
        adopt(std::move(*TcpTransport::create(*workers[0].loop, Fd{ends[0]}, *Address::ip("::1", 443))));
    }
    void adopt(std::unique_ptr<Transport> arrived) {
        const std::string data = reading ? reading->data : std::string{};
        reading.reset();
        transport = std::move(arrived);
        reading = std::make_unique<Reading>(*transport, workers[at].blocks);
        reading->data = data;
    }
    void move() {
        BOOST_REQUIRE(transport->movable());
        transport->freeze();
        const std::unique_ptr<Transport> left = std::move(transport);
        const std::string fields = pack(*left);
        at = 1 - at;
        adopt(unpack(fields, left->descriptor(), workers[at]));
        left->leave();
        BOOST_TEST(!left->is_open());
    }
    void turn() {
        for (MovingWorker& worker : workers) worker.loop->turn(Duration::zero());
    }
    void far_says(std::string_view data) {
        BOOST_REQUIRE(::send(far.get(), data.data(), data.size(), 0) == static_cast<ssize_t>(data.size()));
    }
    std::string far_hears() {
        std::array<char, 4096> bytes;
        const ssize_t got = ::recv(far.get(), bytes.data(), bytes.size(), 0);
        return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
    }
    bool far_has_ended() {
        char byte = 0;
        return ::recv(far.get(), &byte, 1, 0) == 0;
    }
    IoStatus send(std::string_view data) {
        ByteQueue queue{workers[at].blocks};
        queue.append(data);
        return transport->send(queue).status;
    }

    std::array<MovingWorker, 2> workers;
    std::size_t at = 0;
    Fd far;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Reading> reading;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(moved_plain, MovedPlain)

BOOST_AUTO_TEST_CASE(a_moved_connection_goes_on_both_ways_and_knows_its_peer) {
    for (int i = 0; i < 5; ++i) {
        move();
        far_says("ping");
        turn();
        BOOST_TEST(std::exchange(reading->data, {}) == "ping");
        BOOST_TEST((send("pong") == IoStatus::done));
        BOOST_TEST(far_hears() == "pong");
        BOOST_TEST(transport->peer().to_string() == "[::1]:443");
        BOOST_TEST(!transport->is_encrypted());
    }
}

BOOST_AUTO_TEST_CASE(the_handler_is_called_in_the_next_turn_although_nothing_has_happened) {
    while (send(std::string(100'000, 'x')) == IoStatus::done && transport->writable()) {
    }
    move();
    BOOST_TEST(reading->calls == 0);
    turn();
    BOOST_TEST(reading->calls == 1);
    turn();
    BOOST_TEST(reading->calls == 1);
}

BOOST_AUTO_TEST_CASE(nobody_says_a_word_when_it_leaves) {
    move();
    turn();
    BOOST_TEST(far_hears().empty());
    BOOST_TEST(!far_has_ended());
    transport->close();
    BOOST_TEST(far_has_ended());
}

BOOST_AUTO_TEST_CASE(bytes_and_end_in_the_kernel_are_read_where_it_goes) {
    far_says("last");
    ::shutdown(far.get(), SHUT_WR);
    move();
    turn();
    BOOST_TEST(reading->data == "last");
    BOOST_REQUIRE(reading->end.has_value());
    BOOST_TEST((reading->end->status == IoStatus::closed));
    BOOST_TEST(transport->hung_up());
    move();
    turn();
    BOOST_REQUIRE(reading->end.has_value());  // whoever asks again hears it again
    BOOST_TEST((send("answer") == IoStatus::done));
    BOOST_TEST(far_hears() == "answer");
}

BOOST_AUTO_TEST_CASE(our_end_stays_ended) {
    transport->shutdown_write();
    move();
    BOOST_TEST(far_has_ended());
    far_says("still here");
    turn();
    BOOST_TEST(reading->data == "still here");
}

BOOST_AUTO_TEST_CASE(a_roll_back_goes_on_as_if_nothing_had_happened) {
    far_says("before");
    turn();
    transport->freeze();
    far_says(" meanwhile");
    turn();
    BOOST_TEST(reading->data == "before");
    transport->thaw();
    turn();
    BOOST_TEST(reading->data == "before meanwhile");
    BOOST_TEST((send("answer") == IoStatus::done));
    BOOST_TEST(far_hears() == "answer");
}

BOOST_AUTO_TEST_CASE(whoever_has_left_or_failed_does_not_move) {
    far_says("unread");
    far.reset();
    BOOST_TEST((send("to nobody") == IoStatus::failed));
    BOOST_TEST(!transport->movable());
    transport->leave();
    BOOST_TEST((send("to nobody") == IoStatus::failed));
    ReceiveBuffer into{workers[0].blocks};
    BOOST_TEST((transport->receive(into).status == IoStatus::failed));
    BOOST_TEST(transport->descriptor() == -1);
}

BOOST_AUTO_TEST_SUITE_END()
