#include "server/admin/control_server.h"

#include "server/admin/control_client.h"
#include "tests/support/temporary_folder.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace baton;
using namespace baton::admin;

/// Notes what it is asked and answers when the test says so.
class FakeOrders final : public Orders {
public:
    std::vector<std::string> asked;
    Reply reply;
    Progress progress;
    std::optional<Verdict> answer_at_once;

    void reload(Reply r, Progress p) override { take("reload", std::move(r), std::move(p)); }
    void upgrade(const UpgradeOrder& order, Reply r, Progress p) override {
        take("upgrade " + order.binary.value_or("-") + (order.check_only ? " check" : ""), std::move(r),
             std::move(p));
    }
    void rollback(Reply r, Progress p) override { take("rollback", std::move(r), std::move(p)); }
    void stop(StopMode mode, Reply r) override {
        take("stop " + std::to_string(static_cast<int>(mode)), std::move(r), {});
    }
    void finish_generation(std::uint32_t number, Reply r) override {
        take("finish " + std::to_string(number), std::move(r), {});
    }
    void reopen_logs() override { asked.emplace_back("reopen"); }
    void stop_accepting() override { asked.emplace_back("stop_accepting"); }
    Verdict status() override { return {1, "one screen", "{\"state\":\"degraded\"}"}; }

private:
    void take(std::string what, Reply r, Progress p) {
        asked.push_back(std::move(what));
        reply = std::move(r);
        progress = std::move(p);
        if (answer_at_once) reply(*answer_at_once);
    }
};

struct Master {
    test::TemporaryFolder folder;
    std::string path = folder.file("admin.sock");
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = EventLoop::create(clock).value();
    FakeOrders orders;
    std::unique_ptr<ControlServer> server = ControlServer::create(*loop, path, orders).value();

    void turn(int times = 5) {
        for (int i = 0; i < times; ++i) loop->turn(Duration{0});
    }
};

/// A command that reads and writes raw bytes, without waiting.
class Peer {
public:
    explicit Peer(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        connected_ = ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    bool connected() const { return connected_; }
    void write(std::string_view bytes) {
        BOOST_REQUIRE(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
    }
    /// What has come so far.
    std::string read() {
        std::string all;
        std::array<char, 4096> bytes;
        ssize_t size = 0;
        while ((size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0)) > 0) {
            all.append(bytes.data(), static_cast<std::size_t>(size));
        }
        ended_ = size == 0;
        return all;
    }
    bool ended() const { return ended_; }
    void close() { socket_.reset(); }

private:
    Fd socket_;
    bool connected_ = false;
    bool ended_ = false;
};

BOOST_AUTO_TEST_SUITE(control_server)

BOOST_AUTO_TEST_CASE(the_socket_is_for_its_owner_only_and_goes_with_the_server) {
    Master master;
    struct stat status {};
    BOOST_REQUIRE(::stat(master.path.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0600u);
    master.server->close();
    BOOST_TEST(::stat(master.path.c_str(), &status) != 0);
    BOOST_TEST(std::filesystem::is_empty(master.folder.path()));
}

BOOST_AUTO_TEST_CASE(a_successor_takes_the_path_over_and_the_predecessor_leaves_it_alone) {
    Master master;
    FakeOrders second_orders;
    auto second = ControlServer::create(*master.loop, master.path, second_orders).value();
    master.server->close();
    Peer peer(master.path);
    BOOST_REQUIRE(peer.connected());
    peer.write("baton/1 reopen\n");
    master.turn();
    BOOST_TEST(master.orders.asked.empty());
    BOOST_TEST(second_orders.asked == std::vector<std::string>{"reopen"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_order_gets_its_steps_and_its_verdict) {
    Master master;
    Peer peer(master.path);
    peer.write("baton/1 upgrade check binary=/opt/baton\n");
    master.turn();
    BOOST_TEST(master.orders.asked == std::vector<std::string>{"upgrade /opt/baton check"},
               boost::test_tools::per_element());
    BOOST_TEST(peer.read() == "accepted\n");
    master.orders.progress("preflight", "{}");
    BOOST_TEST(peer.read() == "progress 9 2\npreflight{}");
    BOOST_TEST(!peer.ended());
    master.orders.reply({1, "start failed", "{\"ok\":false}"});
    BOOST_TEST(peer.read() == "verdict 1 12 12\nstart failed{\"ok\":false}");
    BOOST_TEST(peer.ended());
    master.turn();
    BOOST_TEST(master.server->peer_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_command_that_went_away_does_not_disturb_the_order) {
    Master master;
    {
        Peer peer(master.path);
        peer.write("baton/1 reload\n");
        master.turn();
    }
    master.turn();
    BOOST_TEST(master.server->peer_count() == 0u);
    master.orders.progress("step", "{}");
    master.orders.reply({0, "done", "{}"});
}

BOOST_AUTO_TEST_CASE(a_verdict_that_comes_after_the_server_has_gone_is_harmless) {
    Master master;
    Peer peer(master.path);
    peer.write("baton/1 reload\n");
    master.turn();
    master.server.reset();
    master.orders.progress("step", "{}");
    master.orders.reply({0, "done", "{}"});
    BOOST_TEST(peer.read() == "accepted\n");
    BOOST_TEST(peer.ended());
}

BOOST_AUTO_TEST_CASE(a_closed_server_still_answers_who_waits) {
    Master master;
    Peer peer(master.path);
    peer.write("baton/1 upgrade\n");
    master.turn();
    master.server->close();
    BOOST_TEST(!Peer(master.path).connected());
    master.orders.reply({0, "done", ""});
    BOOST_TEST(peer.read() == "accepted\nverdict 0 4 0\ndone");
}

BOOST_AUTO_TEST_CASE(after_an_accepted_stop_the_connection_lasts_as_long_as_the_process) {
    Master master;
    Peer peer(master.path);
    peer.write("baton/1 stop bounded\n");
    master.turn();
    BOOST_TEST(master.orders.asked == std::vector<std::string>{"stop 1"}, boost::test_tools::per_element());
    master.orders.reply({0, "", ""});
    master.turn();
    BOOST_TEST(peer.read() == "accepted\nverdict 0 0 0\n");
    BOOST_TEST(!peer.ended());
    master.server.reset();
    peer.read();
    BOOST_TEST(peer.ended());
}

BOOST_AUTO_TEST_CASE(a_request_may_come_in_pieces) {
    Master master;
    Peer peer(master.path);
    for (const char c : std::string("baton/1 status\n")) {
        peer.write({&c, 1});
        master.turn(2);
    }
    BOOST_TEST(peer.read() == "accepted\nverdict 1 10 20\none screen{\"state\":\"degraded\"}");
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_in_words) {
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("baton/1 status\nmore"),
          std::string(longest_request + 1, 'x')}) {
        Master master;
        Peer peer(master.path);
        peer.write(bytes);
        master.turn();
        BOOST_TEST(peer.read().starts_with("verdict 64 "));
        BOOST_TEST(peer.ended());
        BOOST_TEST(master.orders.asked.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_command_that_says_nothing_is_sent_away) {
    Master master;
    Peer peer(master.path);
    master.turn();
    master.clock.advance(std::chrono::seconds{11});
    master.turn();
    BOOST_TEST(peer.read().starts_with("verdict 75 "));
    BOOST_TEST(master.server->peer_count() == 0u);
}

BOOST_AUTO_TEST_CASE(there_are_never_more_than_a_bounded_number_of_commands) {
    Master master;
    std::vector<std::unique_ptr<Peer>> peers;
    for (int i = 0; i < 32; ++i) {
        peers.push_back(std::make_unique<Peer>(master.path));
        master.turn(1);
    }
    Peer last(master.path);
    master.turn();
    BOOST_TEST(last.read().starts_with("verdict 75 "));
    BOOST_TEST(master.server->peer_count() == 32u);
    peers.clear();
    master.turn();
    BOOST_TEST(master.server->peer_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_exist_is_a_failure) {
    Master master;
    FakeOrders orders;
    const auto server = ControlServer::create(*master.loop, master.folder.file("missing/admin.sock"), orders);
    BOOST_REQUIRE(!server.has_value());
    BOOST_TEST(server.error().os_error == ENOENT);
    BOOST_TEST(!ControlServer::create(*master.loop, "/" + std::string(200, 'x'), orders).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

/// A command in a thread of its own, since it blocks.
OrderOutcome give_order_to(Master& master, const Request& request, OrderOptions options,
                           std::string* steps = nullptr) {
    OrderOutcome outcome;
    std::atomic<bool> done = false;
    options.socket = master.path;
    std::thread command([&] {
        outcome = give_order(options, request, [&](const Verdict& step) {
            if (steps != nullptr) *steps += step.text + ";";
        });
        // Wakes the loop, which then sees that it is done.
        done = true;
        Peer wake(master.path);
    });
    while (!done) master.loop->turn();
    command.join();
    return outcome;
}

BOOST_AUTO_TEST_SUITE(control_client)

BOOST_AUTO_TEST_CASE(the_verdict_comes_back) {
    Master master;
    master.orders.answer_at_once = Verdict{78, "bad file", "{\"ok\":false}"};
    const OrderOutcome outcome = give_order_to(master, {Verb::reload, {}, {}}, {});
    BOOST_TEST(outcome.exit_code == 78);
    BOOST_REQUIRE(outcome.verdict.has_value());
    BOOST_TEST(outcome.verdict->text == "bad file");
    BOOST_TEST(outcome.verdict->json == "{\"ok\":false}");
}

BOOST_AUTO_TEST_CASE(without_an_instance_there_is_a_clear_message) {
    test::TemporaryFolder folder;
    const OrderOutcome outcome = give_order({folder.file("none.sock"), {}}, {}, [](const Verdict&) {});
    BOOST_TEST(outcome.exit_code == EX_UNAVAILABLE);
    BOOST_TEST(outcome.complaint.find("no instance of baton is running") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_the_waiting_and_not_the_order) {
    Master master;
    const OrderOutcome outcome =
        give_order_to(master, {Verb::upgrade, {}, {}}, {{}, std::chrono::milliseconds{1}});
    BOOST_TEST(outcome.exit_code == EX_TEMPFAIL);
    BOOST_TEST(!outcome.verdict.has_value());
}

BOOST_AUTO_TEST_CASE(a_detached_command_returns_when_the_order_was_taken) {
    Master master;
    const OrderOutcome outcome = give_order_to(master, {Verb::upgrade, {}, {}}, {{}, {}, Until::taken});
    BOOST_TEST(outcome.exit_code == EX_OK);
    BOOST_TEST(master.orders.asked == std::vector<std::string>{"upgrade -"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_instance_that_vanishes_is_reported) {
    test::TemporaryFolder folder;
    Fd listener{::socket(AF_UNIX, SOCK_STREAM, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, folder.file("s").c_str(), sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    BOOST_REQUIRE(::listen(listener.get(), 1) == 0);
    for (const auto& [answer, verb, expected] : {std::tuple{"accepted\n", Verb::upgrade, EX_UNAVAILABLE},
                                                 {"accepted\n", Verb::stop, EX_OK},
                                                 {"", Verb::stop, EX_UNAVAILABLE},
                                                 {"rubbish\n", Verb::reload, EX_SOFTWARE}}) {
        std::thread instance([&, text = std::string(answer)] {
            Fd peer{::accept(listener.get(), nullptr, nullptr)};
            std::array<char, 64> bytes;
            if (::recv(peer.get(), bytes.data(), bytes.size(), 0) < 0) return;
            ::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
        });
        const OrderOutcome outcome =
            give_order({folder.file("s"), {}}, {verb, {}, {}}, [](const Verdict&) {});
        instance.join();
        BOOST_TEST(outcome.exit_code == expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
