#include "upgrade/links.h"

#include "tests/support/few_descriptors.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>

using namespace baton;
using namespace baton::upgrade;

namespace {

Links links_between(std::uint32_t predecessors_workers, std::uint32_t successors_workers) {
    auto links = make_links(predecessors_workers, successors_workers);
    BOOST_REQUIRE(links.has_value());
    return std::move(*links);
}

struct Listener : ControlChannelHandler {
    void on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>& descriptors) override {
        messages.push_back(message);
        for (auto& descriptor : descriptors) received.push_back(std::move(descriptor));
    }
    void on_channel_lost(ControlChannel&, Reason) override {}
    std::vector<ControlMessage> messages;
    std::vector<Fd> received;
};

bool are_joined(const Fd& one, const Fd& other) {
    char byte = 'x';
    return ::send(one.get(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 &&
           ::recv(other.get(), &byte, 1, MSG_DONTWAIT) == 1;
}

int open_descriptors() {
    int count = 0;
    for (int number = 0; number < 4096; ++number)
        if (::fcntl(number, F_GETFD) >= 0) ++count;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(links)

BOOST_AUTO_TEST_CASE(there_are_as_many_as_the_larger_generation_has_workers) {
    for (const auto& [n, m] : {std::pair{2U, 2U}, {4U, 2U}, {2U, 5U}, {1U, 1U}}) {
        const auto links = links_between(n, m);
        BOOST_TEST(links.of_predecessor.size() == std::max(n, m));
        BOOST_TEST(links.of_successor.size() == std::max(n, m));
    }
}

BOOST_AUTO_TEST_CASE(the_ends_at_one_place_are_joined_and_no_others) {
    const auto links = links_between(3, 2);
    for (std::size_t k = 0; k < 3; ++k)
        BOOST_TEST(are_joined(links.of_predecessor[k], links.of_successor[k]));
    BOOST_TEST(!are_joined(links.of_predecessor[0], links.of_successor[1]));
}

BOOST_AUTO_TEST_CASE(ends_keep_the_borders_of_messages_close_on_exec_and_never_block) {
    const auto links = links_between(1, 1);
    for (const Fd* end : {&links.of_predecessor[0], &links.of_successor[0]}) {
        int type = 0;
        socklen_t length = sizeof type;
        BOOST_REQUIRE(::getsockopt(end->get(), SOL_SOCKET, SO_TYPE, &type, &length) == 0);
        BOOST_TEST(type == SOCK_SEQPACKET);
        BOOST_TEST((::fcntl(end->get(), F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST((::fcntl(end->get(), F_GETFL) & O_NONBLOCK) != 0);
    }
}

BOOST_AUTO_TEST_CASE(without_descriptors_there_are_none_and_nothing_stays_open) {
    const int before = open_descriptors();
    {
        const FewDescriptors few(5);
        const auto links = make_links(4, 4);
        BOOST_REQUIRE(!links.has_value());
        BOOST_TEST(links.error().os_error == EMFILE);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_number_of_workers_that_cannot_be_is_refused_before_anything_is_opened) {
    for (const auto& [n, m] : {std::pair{2U, 0U}, {0U, 2U}, {2U, UINT32_MAX}}) {
        const auto links = make_links(n, m);
        BOOST_REQUIRE(!links.has_value());
        BOOST_TEST((links.error().reason == Reason::limit));
    }
}

BOOST_AUTO_TEST_CASE(a_generation_of_many_workers_needs_several_messages_and_each_says_where_it_begins) {
    const auto loop = std::move(*EventLoop::create());
    auto ends = std::move(*ControlChannel::make_pair());
    Listener listener;
    ControlChannel line(*loop, std::move(ends.first), listener);
    ControlChannel other(*loop, std::move(ends.second), listener);
    BOOST_REQUIRE(other.start().has_value());
    auto links = links_between(150, 3);
    send_links(line, 7, std::move(links.of_successor));
    for (int turns = 0; turns < 4; ++turns) loop->turn(Duration{0});
    BOOST_REQUIRE_EQUAL(listener.messages.size(), 3U);
    BOOST_TEST((std::get<HandOver>(listener.messages[0]) == HandOver{7, 0}));
    BOOST_TEST((std::get<HandOver>(listener.messages[1]) == HandOver{7, 64}));
    BOOST_TEST((std::get<HandOver>(listener.messages[2]) == HandOver{7, 128}));
    BOOST_REQUIRE_EQUAL(listener.received.size(), 150U);
    for (const std::size_t k : {0U, 63U, 64U, 149U})
        BOOST_TEST(are_joined(links.of_predecessor[k], listener.received[k]));
}

BOOST_AUTO_TEST_SUITE_END()
