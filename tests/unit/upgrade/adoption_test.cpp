#include "upgrade/adoption.h"

#include "tests/support/temporary_folder.h"
#include "upgrade/lineage_socket.h"
#include "upgrade/orphan.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>

using namespace baton;
using namespace baton::upgrade;

namespace {

Hello hello_of(std::uint32_t generation) {
    Hello hello;
    hello.generation = generation;
    hello.parcel_kinds = 0xE;
    hello.version = "1.0.0";
    return hello;
}

ListeningSocket some_listener() {
    ListeningSocket listener;
    listener.socket = Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto address = *Address::ip("127.0.0.1", 0);
    BOOST_REQUIRE(::bind(listener.socket.get(), address.data(), address.length()) == 0);
    BOOST_REQUIRE(::listen(listener.socket.get(), 1) == 0);
    listener.name = listener_name;
    return listener;
}

/// What the worker is told, with nothing behind it.
struct RecordedWorker : OrphanedWorker {
    std::span<const ListeningSocket> listeners() const override { return sockets; }
    void hand_over(std::vector<Fd> links) override { links_given += links.size(); }
    void drain(const DrainOrder& order) override { drains.push_back(order); }
    void reopen_logs() override { ++reopened; }

    std::vector<ListeningSocket> sockets;
    std::size_t links_given = 0;
    std::vector<DrainOrder> drains;
    int reopened = 0;
};

/// A lineage whose master has died, and a new master.
struct Bereaved : AdoptionHandler, ControlChannelHandler {
    Orphan& orphan(RecordedWorker& of, bool hands_over = true) {
        const auto number = static_cast<std::uint32_t>(orphans.size());
        waiting_at.emplace_back(::dup(socket.descriptor()));  // as if each were a process
        memory.claim(3, number)->pid = 1000 + static_cast<std::int32_t>(number);
        orphans.push_back(std::make_unique<Orphan>(
            *loop, of, Foundling::Facts{waiting_at.back().get(), ::geteuid(), hello_of(3), memory},
            hands_over));
        return *orphans.back();
    }
    bool adopt() {
        adoption.emplace(*loop, path, hello_of(0), *this);
        if (!adoption->start()) return false;
        turn();
        return true;
    }
    void turn() {
        for (int i = 0; i < 12; ++i) loop->turn(Duration{0});
    }
    void on_estate_collected() override {
        ++collected;
        lineage = adoption->take_lineage();
    }
    void on_orphan(std::unique_ptr<ControlChannel> line) override {
        line->set_handler(*this);
        lines.push_back(std::move(line));
    }
    void on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>& descriptors) override {
        heard.push_back(message);
        links_heard += descriptors.size();
    }
    void on_channel_lost(ControlChannel&, Reason) override {}

    test::TemporaryFolder folder;
    std::string path = LineageSocket::path_beside(folder.file("baton.pid"));
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    shared::LineageMemory memory = std::move(*shared::LineageMemory::create());
    LineageSocket socket = std::move(*LineageSocket::take(Fd{}, path));
    std::vector<Fd> waiting_at;
    std::vector<std::unique_ptr<Orphan>> orphans;
    std::vector<std::unique_ptr<ControlChannel>> lines;
    std::optional<Adoption> adoption;
    int collected = 0;
    Adoption::Lineage lineage;
    std::vector<ControlMessage> heard;
    std::size_t links_heard = 0;
    RecordedWorker worker;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(adoption, Bereaved)

BOOST_AUTO_TEST_CASE(what_the_dead_master_has_left_is_collected_however_much_it_is) {
    for (int i = 0; i < 40; ++i) worker.sockets.push_back(some_listener());
    Orphan& one = orphan(worker);
    BOOST_TEST(adopt());
    BOOST_TEST(one.is_held());
    BOOST_TEST(collected == 1);
    BOOST_TEST(lineage.generation == 3U);
    BOOST_TEST(lineage.orphans == 1U);
    BOOST_REQUIRE_EQUAL(lineage.inheritance.listeners.size(), 40U);
    BOOST_TEST(lineage.inheritance.listeners.back().name == listener_name);
    BOOST_TEST(shared::LineageMemory::attach(std::move(lineage.inheritance.memory)).has_value());
    BOOST_TEST(static_cast<bool>(lineage.inheritance.lineage));
}

BOOST_AUTO_TEST_CASE(every_orphan_is_found_and_a_socket_that_several_hold_is_taken_once) {
    RecordedWorker other;
    worker.sockets.push_back(some_listener());
    other.sockets.push_back(some_listener());
    ListeningSocket same = some_listener();
    same.socket = worker.sockets.front().socket.duplicate();
    other.sockets.push_back(std::move(same));
    orphan(worker);
    orphan(other);
    BOOST_TEST(adopt());
    BOOST_TEST(std::ranges::all_of(orphans, [](const auto& one) { return one->is_held(); }));
    BOOST_TEST(lines.size() == 2U);
    BOOST_TEST(lineage.inheritance.listeners.size() == 2U);
}

BOOST_AUTO_TEST_CASE(where_nobody_holds_the_socket_there_is_nothing_to_adopt) {
    socket = LineageSocket{};
    BOOST_TEST(!adopt());
    BOOST_TEST(collected == 0);
}

BOOST_AUTO_TEST_CASE(an_invitation_is_answered_with_a_link_for_each_worker_of_the_new_master) {
    orphan(worker);
    BOOST_TEST(adopt());
    lines.front()->send(Invite{4, 3, 0x2});
    turn();
    BOOST_REQUIRE_EQUAL(heard.size(), 1U);
    BOOST_TEST((heard[0] == ControlMessage{HandOver{3, 0}}));
    BOOST_TEST(links_heard == 3U);
    BOOST_TEST(worker.links_given == 3U);
}

BOOST_AUTO_TEST_CASE(an_orphan_without_hand_over_or_kinds_in_common_answers_no_invitation) {
    orphan(worker, false);
    BOOST_TEST(adopt());
    lines.front()->send(Invite{4, 3, 0x2});
    RecordedWorker other;
    turn();
    orphan(other);
    BOOST_TEST(adopt());
    lines.back()->send(Invite{4, 3, 0x10});
    turn();
    BOOST_TEST(heard.empty());
    BOOST_TEST(worker.links_given + other.links_given == 0U);
}

BOOST_AUTO_TEST_CASE(orders_of_the_new_master_reach_the_worker_if_they_mean_its_generation) {
    orphan(worker);
    BOOST_TEST(adopt());
    lines.front()->send(Reopen{});
    lines.front()->send(Stop{2, 100, 10, 1});
    lines.front()->send(Stop{3, 300, 30, 3});
    lines.front()->send(Stop{0, 200, 20, 2});
    turn();
    BOOST_TEST(worker.reopened == 1);
    BOOST_REQUIRE_EQUAL(worker.drains.size(), 2U);
    BOOST_TEST(worker.drains[0].deadline.time_since_epoch().count() == 300);
    BOOST_TEST(worker.drains[1].close_spread.count() == 20);
}

BOOST_AUTO_TEST_CASE(an_orphan_whose_new_master_dies_can_be_adopted_again) {
    Orphan& one = orphan(worker);
    BOOST_TEST(adopt());
    lines.clear();
    turn();
    BOOST_TEST(!one.is_held());
    BOOST_TEST(adopt());
    BOOST_TEST(one.is_held());
    BOOST_TEST(collected == 2);
}

BOOST_AUTO_TEST_CASE(whoever_speaks_another_protocol_adopts_nobody) {
    Orphan& one = orphan(worker);
    Hello of_later = hello_of(0);
    of_later.lowest = of_later.highest = highest_protocol + 1;
    const std::vector<ControlMessage> first_words{Reopen{}, of_later};
    for (const auto& word : first_words) {
        ControlChannel stranger(*loop, LineageSocket::connect(path), *this);
        BOOST_REQUIRE(stranger.start().has_value());
        stranger.send(word);
        turn();
        BOOST_TEST(!one.is_held());
        BOOST_TEST(!stranger.is_open());
    }
    BOOST_TEST(adopt());
    BOOST_TEST(one.is_held());
}

BOOST_AUTO_TEST_CASE(an_orphan_that_ends_before_it_has_answered_is_not_waited_for) {
    adoption.emplace(*loop, path, hello_of(0), *this);
    BOOST_TEST(adoption->start());
    Fd dying{::accept(socket.descriptor(), nullptr, nullptr)};
    BOOST_REQUIRE(static_cast<bool>(dying));
    dying.reset();
    turn();
    BOOST_TEST(collected == 1);
    BOOST_TEST(lineage.orphans == 0U);
    BOOST_TEST(lines.empty());
}

BOOST_AUTO_TEST_CASE(the_socket_is_its_owners_only_and_moves_with_the_pid_file) {
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777) == 0600U);
    const auto moved = LineageSocket::path_beside(folder.file("other.pid"));
    BOOST_TEST(socket.move_to(moved).has_value());
    BOOST_TEST(!LineageSocket::connect(path));
    BOOST_TEST(static_cast<bool>(LineageSocket::connect(moved)));
    socket.remove();
    BOOST_TEST(::stat(moved.c_str(), &status) != 0);
}

BOOST_AUTO_TEST_CASE(an_inherited_socket_is_used_as_long_as_its_path_is_there) {
    auto inherited = LineageSocket::take(Fd{::dup(socket.descriptor())}, path);
    BOOST_REQUIRE(inherited.has_value());
    const Fd connection = LineageSocket::connect(path);
    Fd accepted{::accept(socket.descriptor(), nullptr, nullptr)};
    BOOST_TEST(static_cast<bool>(accepted));
    // After a change of the pid file's place nobody could connect to it.
    const auto elsewhere = LineageSocket::path_beside(folder.file("other.pid"));
    auto made = LineageSocket::take(Fd{::dup(socket.descriptor())}, elsewhere);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(static_cast<bool>(LineageSocket::connect(elsewhere)));
    BOOST_TEST(!LineageSocket::take(Fd{}, std::string(200, 'x')).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
