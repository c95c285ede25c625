#include "upgrade/self_probe.h"

#include "server/process/service.h"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

using Target = std::pair<std::uint32_t, std::uint32_t>;  // worker, listener

/// Plays all workers of a generation with the listeners `web` and `api`.
struct Workers {
    Workers() {
        config.process.workers = 2;
        for (const char* const name : {"web", "api"}) config.listeners.emplace_back().name = name;
    }
    void probe() {
        running = std::make_unique<SelfProbe>(
            *loop, std::make_shared<const config::Config>(config), nullptr,
            [this](std::uint32_t worker, std::uint32_t listener, Fd given) {
                asked.emplace_back(worker, listener);
                connection = std::move(given);
            },
            [this](const std::string& failure) {
                verdict = failure;
                loop->destroy_later(std::move(running));
            });
        running->start();
    }
    void turn() { loop->turn(1ms); }
    /// The request that lies at a worker.
    std::string request() {
        char bytes[1024];
        for (int turns = 0; turns < 100; ++turns) {
            turn();
            const auto length = ::recv(connection.get(), bytes, sizeof bytes, MSG_DONTWAIT);
            if (length > 0) return {bytes, static_cast<std::size_t>(length)};
        }
        return "";
    }
    /// What the worker says before it closes.
    void answer(std::string_view text) {
        [[maybe_unused]] const auto sent = ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
        connection.reset();
        for (int turns = 0; turns < 100 && !connection && !verdict; ++turns) turn();
    }

    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    config::Config config;
    std::unique_ptr<SelfProbe> running;
    std::vector<Target> asked;
    Fd connection;
    std::optional<std::string> verdict;
};

constexpr std::string_view good = "HTTP/1.1 204 No Content\r\n\r\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(self_probe, Workers)

BOOST_AUTO_TEST_CASE(every_worker_is_asked_through_every_listener) {
    probe();
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST(!verdict);
        BOOST_TEST(request().starts_with("GET " + std::string{probe_path} + " HTTP/1.1\r\n"));
        answer(good);
    }
    BOOST_TEST(verdict.value_or("none") == "");
    BOOST_TEST((asked == std::vector<Target>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}));
}

BOOST_AUTO_TEST_CASE(a_generation_without_listeners_has_nothing_to_answer) {
    config.listeners.clear();
    probe();
    BOOST_TEST(verdict.value_or("none") == "");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_closed_names_listener_and_worker) {
    probe();
    BOOST_TEST(!request().empty());
    answer(good);
    answer("");
    BOOST_TEST(verdict.value_or("none") == "self-probe: listener api of worker 0: closed without an answer");
    BOOST_TEST(asked.size() == 2U);
}

BOOST_AUTO_TEST_CASE(silence_is_waited_for_just_so_long) {
    probe();
    BOOST_TEST(!request().empty());
    clock.advance(SelfProbe::longest_answer - 100ms);
    turn();
    BOOST_TEST(!verdict);
    clock.advance(200ms);
    turn();
    BOOST_TEST(verdict.value_or("none") == "self-probe: listener web of worker 0: no answer within 5 s");
}

BOOST_AUTO_TEST_CASE(another_answer_is_a_failure) {
    probe();
    BOOST_TEST(!request().empty());
    answer("HTTP/1.1 503 Service Unavailable\r\n\r\n");
    BOOST_TEST(verdict.value_or("none") ==
               "self-probe: listener web of worker 0: another answer than that to a probe: HTTP/1.1 503 ");
}

BOOST_AUTO_TEST_CASE(whoever_has_stopped_it_hears_nothing) {
    probe();
    running->stop();
    answer("");
    BOOST_TEST(!verdict);
}

BOOST_AUTO_TEST_SUITE_END()
