// Successors that are processes of their own and are killed: each connection is in exactly one place.
#include "tests/unit/upgrade/hand_over/hand_over_world.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>
#include <random>

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

/// Where a successor kills itself.
enum class Death : std::uint8_t {
    none,
    before_budget,
    after_budget,
    while_holding,  // at the n-th parcel
    before_commit,  // READY said, and the predecessor has not answered
    after_commit_came,
    while_committing,  // at the n-th connection
    before_acknowledgement,
    after_acknowledgement,
};

struct Plan {
    Death death = Death::none;
    int at = 0;
};

void die() {
    ::raise(SIGKILL);
}

/// Counts, for the parent to see, what has come to life, and dies as planned.
class DyingSink final : public HandOverSink {
public:
    DyingSink(Plan plan, std::uint32_t budget, std::uint8_t* committed)
        : plan_(plan), budget_(budget), committed_(committed) {}

    ParcelKinds kinds() const override { return mask_of(plain); }
    std::uint32_t free_descriptors() const override {
        if (plan_.death == Death::before_budget) die();
        if (plan_.death == Death::before_acknowledgement && !ends.empty()) die();
        return ends.empty() ? budget_ : 0;  // one window
    }
    tl::expected<std::unique_ptr<Arrival>, Refusal> hold(ArrivedParcel& parcel) override {
        if (plan_.death == Death::while_holding && plan_.at-- == 0) die();
        ready = true;
        return std::make_unique<Held>(*this, *parcel.fields.number(1), std::move(parcel.descriptors));
    }
    void on_receiver_over() override {}

    std::vector<Fd> ends;
    bool ready = false;

private:
    struct Held final : Arrival {
        Held(DyingSink& taker, std::uint64_t number, std::vector<Fd> descriptors)
            : sink(taker), id(number), ends(std::move(descriptors)) {}
        void commit() noexcept override {
            if (sink.plan_.death == Death::while_committing && sink.plan_.at-- == 0) die();
            ++sink.committed_[id];
            sink.ends.push_back(std::move(ends.at(0)));
        }
        DyingSink& sink;
        std::uint64_t id;
        std::vector<Fd> ends;
    };
    Plan plan_;
    std::uint32_t budget_;
    std::uint8_t* committed_;
};

/// Returns what came to each, so that whoever wrote knows that somebody reads.
void echo(const std::vector<Fd>& ends) {
    std::uint32_t number = 0;
    for (const Fd& end : ends) {
        if (::recv(end.get(), &number, sizeof number, MSG_DONTWAIT) == sizeof number)
            ::send(end.get(), &number, sizeof number, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

bool has_word(int descriptor) {
    pollfd look{descriptor, POLLIN, 0};
    return ::poll(&look, 1, 0) > 0;
}

/// The life of a successor: descriptor 3 is the line, 4 ends with the test.
[[noreturn]] void live_as_successor(Plan plan, std::uint32_t budget, std::uint8_t* committed) {
    const auto loop = std::move(*EventLoop::create());
    DyingSink sink{plan, budget, committed};
    HandOverReceiver receiver{*loop, Fd{3}, sink};
    if (!receiver.start()) ::_exit(1);
    if (plan.death == Death::after_budget) die();
    while (!has_word(4)) {
        if (sink.ready && plan.death == Death::before_commit) die();
        if (sink.ready && plan.death == Death::after_commit_came) {
            pollfd line{3, POLLIN, 0};
            ::poll(&line, 1, -1);
            die();
        }
        loop->turn(std::chrono::milliseconds{1});
        if (!sink.ends.empty() && plan.death == Death::after_acknowledgement) die();
        echo(sink.ends);
    }
    ::_exit(0);
}

struct Predecessor {
    static constexpr std::size_t most = 4096;

    Predecessor() {
        void* const memory = ::mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        BOOST_REQUIRE(memory != MAP_FAILED);
        committed = static_cast<std::uint8_t*>(memory);
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        end_of_test = Fd{ends[0]};
        until = Fd{ends[1]};
    }
    ~Predecessor() {
        until.reset();
        for (const pid_t pid : successors) ::waitpid(pid, nullptr, 0);
        ::munmap(committed, most);
    }

    /// A line to a fresh successor; both live until they are lost or everything that fits has moved.
    void hand_over_to_successor(Plan plan, std::uint32_t budget) {
        auto ends = socket_pair();
        fork_successor(plan, budget, ends.second.get());
        ends.second.reset();
        HandOverSender sender{*loop, std::move(ends.first), source};
        BOOST_REQUIRE(sender.start().has_value());
        for (int turns = 0; !sender.is_lost() && !(sender.totals().moved > 0 && sender.is_idle()); ++turns) {
            BOOST_REQUIRE(turns < 20'000);
            sender.go_on();
            loop->turn(std::chrono::milliseconds{10});
        }
        BOOST_TEST(sender.is_idle());
        BOOST_TEST((!sender.is_lost() || sender.why_lost() != Reason::timed_out));
    }
    void fork_successor(Plan plan, std::uint32_t budget, int line) {
        const pid_t pid = ::fork();
        BOOST_REQUIRE(pid >= 0);
        if (pid == 0) {
            const int low = ::fcntl(line, F_DUPFD, 100);
            const int end = ::fcntl(end_of_test.get(), F_DUPFD, 100);
            ::dup2(low, 3);
            ::dup2(end, 4);
            ::close_range(5, ~0U, 0);
            live_as_successor(plan, budget, committed);
        }
        successors.push_back(pid);
    }

    void expect_each_in_one_place() {
        for (const auto& connection : source.connections) {
            const bool taken = connection->state == Connection::State::taken;
            BOOST_TEST(committed[connection->id] == (taken ? 1 : 0));
        }
    }
    /// Somebody answers each client, and nobody answers twice.
    void expect_all_answered() {
        for (std::uint32_t i = 0; i < source.far.size(); ++i)
            BOOST_TEST(::send(source.far[i].get(), &i, sizeof i, MSG_NOSIGNAL) == sizeof i);
        for (const auto& connection : source.connections) echo(connection->ends);
        for (std::uint32_t i = 0; i < source.far.size(); ++i) {
            pollfd answered{source.far[i].get(), POLLIN, 0};
            BOOST_TEST(::poll(&answered, 1, 10'000) == 1);
            std::uint32_t number = 0;
            BOOST_TEST(::recv(source.far[i].get(), &number, sizeof number, MSG_DONTWAIT) == sizeof number);
            BOOST_TEST(number == i);
        }
    }

    std::uint8_t* committed = nullptr;  // how often each came to life, in shared memory
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    GivingSource source;
    Fd end_of_test, until;
    std::vector<pid_t> successors;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over_processes, Predecessor)

BOOST_AUTO_TEST_CASE(a_successor_that_lives_takes_everything) {
    source.add_many(HandOverSender::ordinary_window);
    hand_over_to_successor({}, 1000);
    BOOST_TEST(source.taken() == HandOverSender::ordinary_window);
    expect_each_in_one_place();
    expect_all_answered();
}

BOOST_AUTO_TEST_CASE(a_successor_killed_before_it_reads_commit_costs_nothing_and_the_next_takes_over) {
    source.add_many(30);
    for (int i = 0; i < 10; ++i) source.add(1, std::string(100'000, 'x'));
    for (const Death death : {Death::before_budget, Death::after_budget, Death::while_holding,
                              Death::before_commit, Death::after_commit_came}) {
        for (const int at : {0, 1, 25, 39}) {
            hand_over_to_successor({death, at}, 1000);
            BOOST_TEST(source.live() == 40U, "death " << static_cast<int>(death) << " at " << at);
            expect_each_in_one_place();
            if (death != Death::while_holding) break;
        }
        expect_all_answered();
    }
    hand_over_to_successor({}, 1000);
    BOOST_TEST(source.taken() == 40U);
    expect_each_in_one_place();
    expect_all_answered();
}

BOOST_AUTO_TEST_CASE(a_successor_killed_after_it_has_read_commit_never_leaves_a_connection_in_two_places) {
    std::size_t gone = 0;
    for (const Plan plan : {Plan{Death::while_committing, 0}, Plan{Death::while_committing, 10},
                            Plan{Death::before_acknowledgement, 0}, Plan{Death::after_acknowledgement, 0}}) {
        source.add_many(20);
        hand_over_to_successor(plan, 1000);
        // Some may not have come to life; none of them may come to life again here.
        BOOST_TEST(source.taken() == gone + 20);
        gone += 20;
    }
    for (std::size_t id = 0; id < 20; ++id) BOOST_TEST(committed[id] == 0);
    for (std::size_t id = 20; id < 40; ++id) BOOST_TEST(committed[id] == (id < 30 ? 1 : 0));
    for (std::size_t id = 40; id < 80; ++id) BOOST_TEST(committed[id] == 1);
}

BOOST_AUTO_TEST_CASE(successors_killed_at_random_in_four_of_ten_windows_cost_no_connection) {
    source.add_many(1200);
    std::mt19937 random{4};
    const auto one_of = [&](int count) { return std::uniform_int_distribution<>{0, count - 1}(random); };
    constexpr std::array deaths{Death::before_budget, Death::after_budget, Death::while_holding,
                                Death::before_commit, Death::after_commit_came};
    int killed = 0;
    int windows = 0;
    while (source.live() > 0) {
        BOOST_REQUIRE(++windows < 200);
        Plan plan;
        if (one_of(10) < 4) plan = {deaths[static_cast<std::size_t>(one_of(5))], one_of(50)};
        if (plan.death == Death::while_holding && plan.at >= static_cast<int>(source.live())) plan.at = 0;
        if (plan.death != Death::none) ++killed;
        const std::size_t live = source.live();
        hand_over_to_successor(plan, 50);
        BOOST_TEST((source.live() == live) == (plan.death != Death::none));
        expect_each_in_one_place();
    }
    BOOST_TEST(killed > 5);
    BOOST_TEST(source.taken() == 1200U);
    expect_all_answered();
}

BOOST_AUTO_TEST_CASE(a_predecessor_killed_right_after_commit_costs_nothing) {
    source.add_many(30);
    auto ends = socket_pair();
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
        ends.second.reset();
        source.far.clear();
        const auto own_loop = std::move(*EventLoop::create());
        HandOverSender sender{*own_loop, std::move(ends.first), source};
        if (!sender.start()) ::_exit(1);
        while (sender.totals().windows == 0) own_loop->turn();
        die();
    }
    ends.first.reset();
    for (auto& connection : source.connections) connection->ends.clear();
    TakingSink sink;
    HandOverReceiver receiver{*loop, std::move(ends.second), sink};
    BOOST_REQUIRE(receiver.start().has_value());
    while (sink.holding == 0) loop->turn();
    BOOST_REQUIRE(::waitpid(pid, nullptr, 0) == pid);
    while (!receiver.is_over()) loop->turn();
    BOOST_TEST(sink.arrived.size() == 30U);
    for (auto& connection : source.connections)
        connection->ends = std::move(sink.arrived[connection->id].ends);
    expect_all_answered();
}

BOOST_AUTO_TEST_SUITE_END()
