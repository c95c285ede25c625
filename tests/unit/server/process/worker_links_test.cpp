#include "server/process/worker_set.h"
#include "tests/support/worker_set_master.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>

using namespace baton;

namespace {

/// Says over each link by which order it came and to which worker, repeats `drain`, and is empty when all
/// links have hung up.
class LinkedService final : public Service {
public:
    explicit LinkedService(const WorkerContext& context) : context_(context) {}
    void start_accepting() override {}
    void stop_accepting() override {}
    void drain(const DrainOrder&) override {
        for (auto& link : links_) link->say("drain");
    }
    void reopen_logs() override {}
    void hand_over(Fd link, std::uint32_t) override { hold("hand over ", std::move(link)); }
    void take_over(Fd link) override { hold("take over ", std::move(link)); }
    bool is_empty() const override {
        return std::ranges::none_of(links_, [](const auto& link) { return static_cast<bool>(link->end); });
    }
    void end_turn() override {}
    void finish() override {}

private:
    struct Link : WatchHandler {
        void say(const std::string& text) const {
            if (end) ::send(end.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        void on_ready() noexcept override {
            char byte = 0;
            if (::recv(end.get(), &byte, 1, MSG_DONTWAIT) != 0) return;
            watch.stop();
            end.reset();
        }
        Fd end;
        Watch watch;
    };
    void hold(const std::string& order, Fd end) {
        auto& link = *links_.emplace_back(std::make_unique<Link>());
        link.end = std::move(end);
        static_cast<void>(link.watch.start(context_.loop, link.end.get(), link, Trigger::level));
        link.say(order + std::to_string(context_.index));
    }
    WorkerContext context_;
    std::vector<std::unique_ptr<Link>> links_;
};

std::unique_ptr<Service> make_linked(const WorkerContext& context) {
    return std::make_unique<LinkedService>(context);
}

/// Links as a master has them, and the other ends, on which a test may wait.
struct TestLinks {
    explicit TestLinks(int count) {
        for (int i = 0; i < count; ++i) {
            int ends[2];
            BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
            const timeval patience{20, 0};
            ::setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            given.emplace_back(ends[0]);
            kept.emplace_back(ends[1]);
        }
    }
    /// What the worker at the other end says next; `gone` when there is nobody.
    std::string heard(std::size_t link) const {
        char buffer[32];
        const auto length = ::recv(kept.at(link).get(), buffer, sizeof buffer, 0);
        if (length == 0 || (length < 0 && errno == ECONNRESET)) return "gone";
        return length < 0 ? "silence" : std::string(buffer, static_cast<std::size_t>(length));
    }
    std::vector<Fd> given;
    std::vector<Fd> kept;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(worker_links, WorkerSetMaster)

BOOST_AUTO_TEST_CASE(links_are_dealt_to_the_workers_in_a_circle) {
    start(make_linked);
    until([this] { return ready == 1; });
    set->accept();
    TestLinks links(5);
    set->take_over(std::move(links.given));
    for (std::size_t k = 0; k < 5; ++k) BOOST_TEST(links.heard(k) == "take over " + std::to_string(k % 2));
}

BOOST_AUTO_TEST_CASE(links_that_come_in_several_messages_are_dealt_by_their_numbers) {
    start(make_linked, 3);
    until([this] { return ready == 1; });
    TestLinks links(3);
    set->take_over(std::move(links.given), 64);  // ready is enough
    BOOST_TEST(links.heard(0) == "take over 1");
    BOOST_TEST(links.heard(1) == "take over 2");
    BOOST_TEST(links.heard(2) == "take over 0");
}

BOOST_AUTO_TEST_CASE(a_worker_has_its_links_to_the_successor_before_it_drains_and_ends_when_they_are_done) {
    start(make_linked);
    until([this] { return ready == 1; });
    set->accept();
    TestLinks links(2);
    set->hand_over(std::move(links.given));
    set->drain(soon(*loop));
    for (std::size_t k = 0; k < 2; ++k) {
        BOOST_TEST(links.heard(k) == "hand over " + std::to_string(k));
        BOOST_TEST(links.heard(k) == "drain");
    }
    BOOST_TEST(gone == 0);
    links.kept.clear();
    until([this] { return gone == 1; });
}

BOOST_AUTO_TEST_CASE(a_paused_worker_takes_both_kinds_of_links) {
    start(make_linked, 1);
    until([this] { return ready == 1; });
    set->accept();
    set->stop_accepting();
    TestLinks to_successor(1);
    TestLinks to_predecessor(1);
    set->hand_over(std::move(to_successor.given));
    set->take_over(std::move(to_predecessor.given));
    BOOST_TEST(to_successor.heard(0) == "hand over 0");
    BOOST_TEST(to_predecessor.heard(0) == "take over 0");
}

BOOST_AUTO_TEST_CASE(a_worker_that_never_accepted_has_nothing_to_hand_over_and_hangs_up) {
    start(make_linked, 1);
    until([this] { return ready == 1; });
    TestLinks links(1);
    set->hand_over(std::move(links.given));
    BOOST_TEST(links.heard(0) == "gone");
}

BOOST_AUTO_TEST_CASE(a_worker_that_drains_takes_nothing_over_but_may_get_more_links_to_its_successor) {
    start(make_linked, 1);
    until([this] { return ready == 1; });
    set->accept();
    TestLinks first(1);
    set->hand_over(std::move(first.given));
    set->drain(soon(*loop));
    BOOST_TEST(first.heard(0) == "hand over 0");
    BOOST_TEST(first.heard(0) == "drain");
    TestLinks from_older(1);
    set->take_over(std::move(from_older.given));
    BOOST_TEST(from_older.heard(0) == "gone");
    TestLinks more(1);
    set->hand_over(std::move(more.given));
    BOOST_TEST(more.heard(0) == "hand over 0");
}

BOOST_AUTO_TEST_CASE(a_link_for_a_worker_that_does_not_live_hangs_up) {
    start(make_linked);
    until([this] { return ready == 1; });
    set->accept();
    set->kill();
    until([this] { return gone == 1; });
    TestLinks links(2);
    set->take_over(std::move(links.given));
    BOOST_TEST(links.heard(0) == "gone");
    BOOST_TEST(links.heard(1) == "gone");
}

BOOST_AUTO_TEST_CASE(nobody_but_its_worker_holds_a_link) {
    start(make_linked);
    until([this] { return ready == 1; });
    set->accept();
    TestLinks links(2);
    set->take_over(std::move(links.given));
    BOOST_TEST(links.heard(0) == "take over 0");
    BOOST_TEST(links.heard(1) == "take over 1");
    for (const auto& slot : memory.slots())
        if (slot.pid.load() > 0 && slot.index.load() == 0) ::kill(slot.pid.load(), SIGKILL);
    BOOST_TEST(links.heard(0) == "gone");  // while the other worker lives and a third one is forked
    until([this] { return set->ready_workers() == 2 && lost.size() == 1; });
    TestLinks again(1);
    set->take_over(std::move(again.given));
    BOOST_TEST(again.heard(0) == "take over 0");
}

BOOST_AUTO_TEST_SUITE_END()
