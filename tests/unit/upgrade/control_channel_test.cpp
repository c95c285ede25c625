#include "upgrade/control_channel.h"

#include "tests/support/few_descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;

namespace {

struct Listener : ControlChannelHandler {
    void on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>& descriptors) override {
        messages.push_back(message);
        for (auto& descriptor : descriptors) received.push_back(std::move(descriptor));
    }
    void on_channel_lost(ControlChannel&, Reason reason) override { lost = reason; }
    std::vector<ControlMessage> messages;
    std::vector<Fd> received;
    std::optional<Reason> lost;
};

struct Line {
    Line() {
        auto made = std::move(*ControlChannel::make_pair());
        raw = std::move(made.second);
        channel.emplace(*loop, std::move(made.first), listener);
        BOOST_REQUIRE(channel->start().has_value());
    }
    void say(const std::string& bytes) {
        BOOST_REQUIRE(::send(raw.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
        turn();
    }
    void turn() {
        for (int i = 0; i < 4; ++i) loop->turn(Duration{0});
    }
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    Listener listener;
    std::optional<ControlChannel> channel;
    Fd raw;  // the other end
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(control_channel, Line)

BOOST_AUTO_TEST_CASE(messages_arrive_whole_and_in_order) {
    const auto other = Fd{raw.release()};
    ControlChannel sender(*loop, other.duplicate(), listener);
    sender.send(Ready{1, 2});
    sender.send(Commit{});
    turn();
    BOOST_REQUIRE_EQUAL(listener.messages.size(), 2U);
    BOOST_TEST((std::get<Ready>(listener.messages[0]) == Ready{1, 2}));
    BOOST_TEST(std::holds_alternative<Commit>(listener.messages[1]));
}

BOOST_AUTO_TEST_CASE(descriptors_come_with_their_message_and_close_on_exec) {
    ControlChannel sender(*loop, std::move(raw), listener);
    std::vector<Fd> passed;
    passed.emplace_back(::open("/dev/null", O_RDONLY));
    sender.send(Commit{}, std::move(passed));
    turn();
    BOOST_REQUIRE_EQUAL(listener.received.size(), 1U);
    BOOST_TEST((::fcntl(listener.received[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(links_that_do_not_fit_into_this_process_are_missing_and_the_channel_lives) {
    ControlChannel sender(*loop, std::move(raw), listener);
    std::vector<Fd> passed;
    for (int i = 0; i < 8; ++i) passed.emplace_back(::open("/dev/null", O_RDONLY));
    {
        sender.send(HandOver{7, 0}, std::move(passed));
        const FewDescriptors few(3);
        turn();
    }
    BOOST_REQUIRE_EQUAL(listener.messages.size(), 1U);
    BOOST_TEST(listener.received.size() < 8U);
    BOOST_TEST(!listener.lost.has_value());
    sender.send(Reopen{});
    turn();
    BOOST_TEST(listener.messages.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_commit_whose_lines_do_not_fit_ends_the_channel) {
    ControlChannel sender(*loop, std::move(raw), listener);
    std::vector<Fd> passed;
    for (int i = 0; i < 8; ++i) passed.emplace_back(::open("/dev/null", O_RDONLY));
    sender.send(Commit{}, std::move(passed));
    const FewDescriptors few(3);
    turn();
    BOOST_TEST((listener.lost == Reason::bad_message));
}

BOOST_AUTO_TEST_CASE(garbage_ends_the_channel) {
    say("not a message");
    BOOST_TEST((listener.lost == Reason::bad_message));
    BOOST_TEST(!channel->is_open());
    BOOST_TEST(listener.messages.empty());
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_long_ends_the_channel) {
    say(encode(Commit{}) + std::string(longest_control_message, 'x'));
    BOOST_TEST((listener.lost == Reason::bad_message));
}

BOOST_AUTO_TEST_CASE(last_words_are_heard_before_the_hang_up) {
    const auto words = encode(Failed{78, "no"});
    BOOST_REQUIRE(::send(raw.get(), words.data(), words.size(), 0) > 0);
    raw.reset();
    turn();
    BOOST_REQUIRE_EQUAL(listener.messages.size(), 1U);
    BOOST_TEST((listener.lost == Reason::closed));
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_costs_a_bounded_queue_and_no_wait) {
    for (int i = 0; i < 100'000 && channel->is_open(); ++i) channel->send(Failed{1, std::string(4000, 'x')});
    BOOST_TEST((listener.lost == Reason::limit));
}

BOOST_AUTO_TEST_CASE(what_waited_is_sent_when_the_peer_reads_again) {
    int sent = 0;
    for (; sent < 200; ++sent) channel->send(Reopen{});
    int heard = 0;
    std::array<char, 64> buffer;
    for (int round = 0; round < 300; ++round) {
        while (::recv(raw.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) ++heard;
        turn();
    }
    BOOST_TEST(heard == sent);
}

BOOST_AUTO_TEST_SUITE_END()
