// A process without privileges may have only so many descriptors under way: what does not get through is
// kept and tried again.
#include "tests/unit/upgrade/hand_over/hand_over_world.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>
#include <functional>

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

constexpr rlim_t limit = 100;

/// Runs `scene` in a process of a user of its own that may have `limit` descriptors; its answer is 0 when
/// all went well, otherwise the line that did not.
int as_nobody(const std::function<int()>& scene) {
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
        ::close_range(3, ~0U, 0);
        const rlimit descriptors{limit, limit};
        // A user that nobody else is: what is under way is counted for each.
        if (::setrlimit(RLIMIT_NOFILE, &descriptors) != 0 || ::setresuid(64'321, 64'321, 64'321) != 0)
            ::_exit(255);
        const int line = scene();
        if (line != 0) std::fprintf(stderr, "line %d does not hold\n", line);
        ::_exit(line == 0 ? 0 : 1);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    return status;
}

#define MUST(condition) \
    if (!(condition)) return __LINE__

/// More descriptors under way than the limit allows, in a socket that nobody reads yet.
struct Crowd {
    Crowd() {
        const std::vector<int> many(limit + 20, 0);
        writer.say("x", many);
    }
    void leave() { reader = Fd{}; }
    std::pair<Fd, Fd> ends = socket_pair();
    Fd reader = std::move(ends.first);
    RawPeer writer{std::move(ends.second)};
};

struct Scene : StillLoop {
    Scene() {
        auto ends = socket_pair();
        sender.emplace(*loop, std::move(ends.first), source);
        receiver.emplace(*loop, std::move(ends.second), sink);
        source.add_many(10);
    }
    bool start() { return sender->start() && receiver->start(); }
    GivingSource source;
    TakingSink sink;
    std::optional<HandOverSender> sender;
    std::optional<HandOverReceiver> receiver;
};

int kept_and_tried_again() {
    Scene scene;
    Crowd crowd;
    MUST(scene.start());
    scene.turn(10);
    MUST(scene.source.live() == 10 && scene.source.frozen() == 0);
    MUST(scene.source.connections[9]->times_kept == 1);
    MUST(!scene.sender->is_lost() && scene.sender->is_idle());
    scene.advance(TimerWheel::tick * 2);
    scene.turn(5);
    // A smaller window did not get through either.
    MUST(scene.source.connections[4]->times_kept + scene.source.connections[9]->times_kept == 3);
    MUST(scene.source.live() == 10);
    crowd.leave();
    scene.advance(TimerWheel::tick * 2);
    scene.turn(20);
    MUST(scene.source.taken() == 10 && scene.sink.arrived.size() == 10);
    MUST(scene.sender->totals().windows == 2);  // two connections, then the others
    MUST(!scene.sender->is_lost());
    return 0;
}

int given_up_when_there_is_never_room() {
    Scene scene;
    const Crowd crowd;
    MUST(scene.start());
    scene.turn(10);
    for (int i = 0; i < 30; ++i) {
        scene.advance(TimerWheel::tick * 2);
        scene.turn(3);
    }
    MUST(scene.sender->is_lost() && scene.sender->why_lost() == Reason::limit);
    MUST(scene.source.live() == 10 && scene.source.times_lost == 1);
    MUST(scene.receiver->is_over() && scene.sink.arrived.empty());
    return 0;
}

int lost_when_the_successor_has_no_descriptor_left() {
    Scene scene;
    MUST(scene.start());
    std::vector<Fd> others;
    for (;;) {
        others.emplace_back(::dup(0));
        if (!others.back()) break;
    }
    scene.turn(10);  // the budget was a lie: the kernel drops descriptors and says so
    MUST(scene.receiver->is_over() && scene.receiver->why_over() == Reason::bad_message);
    MUST(scene.sender->is_lost());
    MUST(scene.source.live() == 10 && scene.sink.arrived.empty());
    return 0;
}

bool is_root() {
    return ::geteuid() == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hand_over_room)

BOOST_AUTO_TEST_CASE(what_the_system_has_no_room_for_is_kept_and_offered_again_in_smaller_windows) {
    if (is_root()) BOOST_TEST(as_nobody(kept_and_tried_again) == 0);
}

BOOST_AUTO_TEST_CASE(when_there_is_never_room_the_line_is_given_up_and_everything_stays) {
    if (is_root()) BOOST_TEST(as_nobody(given_up_when_there_is_never_room) == 0);
}

BOOST_AUTO_TEST_CASE(descriptors_that_are_lost_on_the_way_end_the_line_and_everything_stays) {
    if (is_root()) BOOST_TEST(as_nobody(lost_when_the_successor_has_no_descriptor_left) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
