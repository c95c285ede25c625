#include "server/process/worker_set.h"

#include "tests/support/worker_set_master.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

using namespace baton;
using namespace std::chrono_literals;

namespace {

/// Greets everybody with its process id and hangs up.
class GreetingService final : public Service, private AcceptHandler {
public:
    explicit GreetingService(const WorkerContext& context) : context_(context) {
        for (const auto& socket : context.listeners)
            acceptors_.push_back(
                std::make_unique<Acceptor>(context.loop, socket, static_cast<AcceptHandler&>(*this)));
    }
    void start_accepting() override {
        for (auto& acceptor : acceptors_) static_cast<void>(acceptor->start());
    }
    void stop_accepting() override {
        for (auto& acceptor : acceptors_) acceptor->pause();
    }
    void drain(const DrainOrder&) override {}
    void reopen_logs() override {}
    bool is_empty() const override { return true; }
    void end_turn() override {}
    void finish() override {}

private:
    void on_accepted(Fd socket, const Address&, const ListeningSocket&) noexcept override {
        context_.slot.add(shared::Counter::connections_accepted);
        const auto text = std::to_string(::getpid());
        [[maybe_unused]] const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
    void on_out_of_descriptors() noexcept override {}
    WorkerContext context_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

std::unique_ptr<Service> make_greeting(const WorkerContext& context) {
    return std::make_unique<GreetingService>(context);
}
std::unique_ptr<Service> make_nothing(const WorkerContext&) {
    return nullptr;
}

struct Master : WorkerSetMaster {
    void start_and_accept() {
        start(make_greeting);
        until([this] { return ready == 1; });
        set->accept();
    }
    /// Connects; the answer is the process id of the worker that took the connection. Empty at a refusal.
    std::string greeting() {
        const Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        const auto& address = listener.address;
        if (::connect(client.get(), address.data(), address.length()) != 0) return "";
        char buffer[32];
        const auto length = ::recv(client.get(), buffer, sizeof buffer, 0);
        return length <= 0 ? "" : std::string(buffer, static_cast<std::size_t>(length));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(worker_set, Master)

BOOST_AUTO_TEST_CASE(workers_are_ready_after_a_turn_and_accept_when_told) {
    start(make_greeting);
    until([this] { return ready == 1; });
    BOOST_TEST(set->ready_workers() == 2U);
    BOOST_TEST(pids().size() == 2U);
    set->accept();
    const auto answer = greeting();
    const auto workers = pids();
    BOOST_TEST((std::ranges::find(workers, std::atoi(answer.c_str())) != workers.end()));
}

BOOST_AUTO_TEST_CASE(a_worker_that_dies_is_replaced_and_its_counters_stay) {
    start_and_accept();
    BOOST_REQUIRE(!greeting().empty());
    BOOST_TEST(memory.total(shared::Counter::connections_accepted) == 1U);
    const auto before = pids();
    for (const pid_t pid : before) ::kill(pid, SIGKILL);
    until([this] { return lost.size() == 2; });
    until([this] { return set->ready_workers() == 2; });
    BOOST_TEST(!greeting().empty());
    const auto after = pids();
    for (const pid_t pid : before) BOOST_TEST((std::ranges::find(after, pid) == after.end()));
    BOOST_TEST(memory.total(shared::Counter::connections_accepted) == 2U);
    BOOST_TEST(ready == 1);
}

BOOST_AUTO_TEST_CASE(a_drained_set_refuses_and_goes) {
    start_and_accept();
    BOOST_REQUIRE(!greeting().empty());
    const Address address = listener.address;
    listener.socket.reset();  // the master's copy
    listener.address = address;
    set->drain(soon(*loop));
    until([this] { return gone == 1; });
    BOOST_TEST(not_accepting == 1);
    BOOST_TEST(greeting().empty());
    BOOST_TEST(pids().empty());
    BOOST_TEST(lost.empty());
}

BOOST_AUTO_TEST_CASE(what_waits_in_the_queue_when_the_drain_begins_is_served) {
    start_and_accept();
    set->stop_accepting();
    const Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    BOOST_REQUIRE(::connect(client.get(), listener.address.data(), listener.address.length()) == 0);
    set->accept();
    set->drain(soon(*loop));
    until([this] { return gone == 1; });
    char buffer[32];
    BOOST_TEST(::recv(client.get(), buffer, sizeof buffer, 0) > 0);
}

BOOST_AUTO_TEST_CASE(a_worker_without_a_service_is_reported_and_not_replaced) {
    start(make_nothing, 1);
    until([this] { return !not_ready.empty(); });
    BOOST_TEST(WEXITSTATUS(not_ready.front()) == EX_SOFTWARE);
    BOOST_TEST(pids().empty());
    BOOST_TEST(ready == 0);
}

BOOST_AUTO_TEST_CASE(workers_that_never_accepted_end_with_their_master) {
    start(make_greeting);
    until([this] { return ready == 1; });
    const auto orphans = pids();
    set.reset();  // closes the master's ends; the processes are still its children
    for (const pid_t pid : orphans) {
        int status = -1;
        BOOST_REQUIRE(::waitpid(pid, &status, 0) == pid);
        BOOST_TEST(status == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_killed_set_leaves_nobody_behind) {
    start_and_accept();
    set->kill();
    until([this] { return gone == 1; });
    BOOST_TEST(pids().empty());
    BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
}

BOOST_AUTO_TEST_CASE(a_worker_holds_nothing_that_its_master_opened) {
    const Fd secret{::memfd_create("of-the-master", MFD_CLOEXEC)};
    start_and_accept();
    BOOST_REQUIRE(!greeting().empty());
    for (const pid_t pid : pids()) {
        for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
            BOOST_TEST(std::filesystem::read_symlink(entry).string().find("of-the-master") ==
                       std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
