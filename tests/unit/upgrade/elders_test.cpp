#include "upgrade/elders.h"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;

namespace {

/// A serving master's lines to older ones, and the other end of the first.
struct Lines : ControlChannelHandler {
    Lines() {
        auto ends = std::move(*ControlChannel::make_pair());
        elders.add(std::move(ends.first));
        elder.emplace(*loop, std::move(ends.second), *this);
        BOOST_REQUIRE(elder->start().has_value());
    }
    void turn() {
        for (int i = 0; i < 4; ++i) loop->turn(Duration{0});
    }
    void on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>&) override {
        heard.push_back(message);
    }
    void on_channel_lost(ControlChannel&, Reason) override {}

    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    int gone = 0;
    std::vector<HandOver> offers;
    std::vector<Fd> links;
    Elders elders{*loop, [this] { ++gone; },
                  [this](const HandOver& message, std::vector<Fd> some) {
                      offers.push_back(message);
                      for (auto& link : some) links.push_back(std::move(link));
                  },
                  [this](ControlChannel& line, const ControlMessage& word, std::vector<Fd> some) {
                      judge = &line;
                      words.push_back(word);
                      for (auto& link : some) links.push_back(std::move(link));
                  }};
    ControlChannel* judge = nullptr;
    std::vector<ControlMessage> words;
    std::optional<ControlChannel> elder;
    std::vector<ControlMessage> heard;  // by the elder
};

std::vector<Fd> some_links(std::size_t count) {
    std::vector<Fd> result;
    for (std::size_t i = 0; i < count; ++i) result.push_back(std::move(ControlChannel::make_pair()->first));
    return result;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(elders, Lines)

BOOST_AUTO_TEST_CASE(the_links_of_an_elder_are_passed_on_with_their_numbers) {
    elder->send(HandOver{7, 0}, some_links(64));
    elder->send(HandOver{7, 64}, some_links(2));
    turn();
    BOOST_REQUIRE_EQUAL(offers.size(), 2U);
    BOOST_TEST((offers[1] == HandOver{7, 64}));
    BOOST_TEST(links.size() == 66U);
}

BOOST_AUTO_TEST_CASE(descriptors_that_come_with_anything_else_are_closed) {
    auto ends = std::move(*ControlChannel::make_pair());
    std::vector<Fd> passed;
    passed.push_back(std::move(ends.first));
    elder->send(Reopen{}, std::move(passed));
    turn();
    char byte = 0;
    BOOST_TEST(::recv(ends.second.get(), &byte, 1, MSG_DONTWAIT) == 0);
    BOOST_TEST(offers.empty());
    BOOST_TEST(!elders.empty());
    BOOST_REQUIRE_EQUAL(words.size(), 1U);
    BOOST_TEST(std::holds_alternative<Reopen>(words[0]));
}

BOOST_AUTO_TEST_CASE(an_elder_that_has_handed_over_still_hears_orders_and_is_noticed_when_it_goes) {
    elder->send(HandOver{7, 0}, some_links(1));
    turn();
    elders.tell(Reopen{});
    turn();
    BOOST_REQUIRE_EQUAL(heard.size(), 1U);
    BOOST_TEST(std::holds_alternative<Reopen>(heard[0]));
    elder->close();
    turn();
    BOOST_TEST(gone == 1);
    BOOST_TEST(elders.empty());
}

BOOST_AUTO_TEST_CASE(what_the_judge_of_a_trial_says_comes_with_its_line_which_can_be_released) {
    elder->send(TrialOver{});
    elder->send(Return{7, 0}, some_links(2));
    turn();
    BOOST_REQUIRE_EQUAL(words.size(), 2U);
    BOOST_TEST((words[1] == ControlMessage{Return{7, 0}}));
    BOOST_TEST(links.size() == 2U);
    BOOST_TEST(elders.has(judge));
    const auto line = elders.release(*judge);
    BOOST_TEST(line.get() == judge);
    BOOST_TEST(!elders.has(judge));
    BOOST_TEST(elders.empty());
    BOOST_TEST(elders.release(*judge) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
