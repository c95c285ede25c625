#include "upgrade/change_taker.h"

#include "tests/support/temporary_folder.h"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

/// A file whose text is its content; the test answers the looks and the orders.
class FakeWatched final : public Watched {
public:
    explicit FakeWatched(std::string path) : path_(std::move(path)) {}
    std::string_view name() const override { return "fake"; }
    std::vector<std::string> paths() const override { return {path_}; }
    void look(OnFound on_found) override {
        ++looks;
        if (answers_at_once) return on_found(there);
        pending = std::move(on_found);
    }
    void stop_looking() override { pending = nullptr; }
    bool is_served(const std::string& content) const override { return content == served; }
    bool may_be_taken() const override { return free; }
    void take(admin::Reply reply) override {
        taken.push_back(there.value_or("nothing"));
        owed = std::move(reply);
    }

    Content there = "first";
    std::string served = "first";
    bool free = true;
    bool answers_at_once = true;
    OnFound pending;
    admin::Reply owed;
    int looks = 0;
    std::vector<std::string> taken;

private:
    std::string path_;
};

struct Bench {
    void pass(Duration time) {
        // In steps: what a timer arms is then due by the same clock.
        for (Duration gone{}; gone < time; gone += 100ms) {
            loop->turn(0ms);
            clock.advance(100ms);
            loop->turn(0ms);
        }
    }
    void put(const Watched::Content& content) {
        watched.there = content;
        std::ofstream(folder.file("it")) << content.value_or("half of it");
    }
    void begin() {
        taker.start();
        pass(3s);
        BOOST_TEST(watched.taken.empty());
        watched.looks = 0;
    }
    void answer(int exit_code) {
        BOOST_REQUIRE(watched.owed);
        if (exit_code == 0) watched.served = *watched.there;
        std::exchange(watched.owed, nullptr)({exit_code, {}, {}});
        pass(3s);
    }

    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    test::TemporaryFolder folder;
    FakeWatched watched{folder.file("it")};
    ChangeTaker taker{*loop, watched};
};

using Taken = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(change_taker, Bench)

BOOST_AUTO_TEST_CASE(what_is_put_there_is_taken_once) {
    begin();
    put("second");
    pass(3s);
    BOOST_TEST(watched.taken == Taken{"second"}, boost::test_tools::per_element());
    answer(0);
    BOOST_TEST(watched.taken.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_change_that_leaves_the_content_is_looked_at_and_nothing_else) {
    begin();
    put("first");
    pass(3s);
    BOOST_TEST(watched.looks > 0);
    BOOST_TEST(watched.taken.empty());
}

BOOST_AUTO_TEST_CASE(what_changed_before_it_began_is_taken) {
    put("second");
    taker.start();
    pass(3s);
    BOOST_TEST(watched.taken == Taken{"second"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_second_passes_before_anything_is_taken) {
    begin();
    put("second");
    pass(900ms);
    BOOST_TEST(watched.taken.empty());
    pass(300ms);
    BOOST_TEST(watched.taken.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_still_changes_waits_until_it_stands_still) {
    begin();
    for (int piece = 0; piece < 20; ++piece) {
        put("piece " + std::to_string(piece));
        pass(400ms);
    }
    BOOST_TEST(watched.taken.empty());
    pass(3s);
    BOOST_TEST(watched.taken == Taken{"piece 19"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_open_for_writing_waits_without_another_event) {
    begin();
    put(std::nullopt);
    pass(60s);
    BOOST_TEST(watched.taken.empty());
    watched.there = "second";
    pass(2s);
    BOOST_TEST(watched.taken == Taken{"second"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_not_tried_again_and_the_next_is) {
    begin();
    put("bad");
    pass(3s);
    answer(EX_CONFIG);
    put("bad");
    pass(3min);  // with the looks of each minute
    BOOST_TEST(watched.taken == Taken{"bad"}, boost::test_tools::per_element());
    put("good");
    pass(3s);
    answer(0);
    BOOST_TEST(watched.taken == (Taken{"bad", "good"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_tried_again_after_the_good_one_was_back) {
    begin();
    for (int time = 0; time < 2; ++time) {
        put("bad");
        pass(3s);
        answer(EX_CONFIG);
        put("first");
        pass(3s);
    }
    BOOST_TEST(watched.taken == (Taken{"bad", "bad"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_while_the_master_is_busy_is_taken_when_it_is_not) {
    begin();
    watched.free = false;
    put("second");
    pass(3min);
    BOOST_TEST(watched.looks == 0);
    watched.free = true;
    pass(2s);
    BOOST_TEST(watched.taken == Taken{"second"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_during_its_own_replacement_is_taken_afterwards) {
    begin();
    put("second");
    pass(3s);
    put("third");
    pass(3s);
    BOOST_TEST(watched.taken.size() == 1U);
    watched.served = "second";
    std::exchange(watched.owed, nullptr)({0, {}, {}});
    pass(3s);
    BOOST_TEST(watched.taken == (Taken{"second", "third"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_refusal_that_says_nothing_of_the_content_is_no_verdict_on_it) {
    begin();
    put("second");
    pass(3s);
    answer(EX_TEMPFAIL);
    answer(0);
    BOOST_TEST(watched.taken == (Taken{"second", "second"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_during_a_look_is_looked_at_again) {
    begin();
    watched.answers_at_once = false;
    put("second");
    pass(700ms);
    BOOST_REQUIRE(watched.pending);
    put("third");
    pass(700ms);
    BOOST_TEST(watched.looks == 1);
    watched.answers_at_once = true;
    std::exchange(watched.pending, nullptr)("first");
    pass(3s);
    BOOST_TEST(watched.taken == Taken{"third"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_look_that_never_ends_is_left_to_the_order) {
    begin();
    watched.answers_at_once = false;
    put("second");
    pass(100s);
    BOOST_TEST(watched.taken.size() == 1U);
    BOOST_TEST(!watched.pending);
}

BOOST_AUTO_TEST_CASE(one_that_was_stopped_neither_looks_nor_takes) {
    begin();
    watched.answers_at_once = false;
    put("second");
    pass(700ms);
    BOOST_REQUIRE(watched.pending);
    taker.stop();
    BOOST_TEST(!watched.pending);
    put("third");
    pass(3min);
    BOOST_TEST(watched.looks == 1);
    BOOST_TEST(watched.taken.empty());
    watched.answers_at_once = true;
    taker.start();
    pass(3s);
    BOOST_TEST(watched.taken == Taken{"third"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_verdict_after_it_was_stopped_is_nothing_to_it) {
    begin();
    put("second");
    pass(3s);
    taker.stop();
    answer(0);
    BOOST_TEST(watched.taken.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
