/// A master of one worker set in a unit test: forks real workers, reaps them, and counts what it hears.
#pragma once

#include "server/process/signals.h"
#include "server/process/worker_set.h"

#include <sys/types.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <vector>

namespace baton {

struct WorkerSetMaster : WorkerSetHandler, SignalHandler {
    WorkerSetMaster() {
        ::signal(SIGPIPE, SIG_IGN);
        signals = std::move(*SignalSource::create(*loop, {SIGCHLD}, *this));
        config::Listener settings;
        ListenerRequest request;
        request.address = *Address::ip("127.0.0.1", 0);
        request.settings = &settings;
        listener = std::move(*bind_listener(request, 0));
    }
    ~WorkerSetMaster() override {
        if (set) {
            set->kill();
            until([this] { return gone > 0 || set->is_gone(); });
        }
        ::sigprocmask(SIG_SETMASK, &mask_before, nullptr);
    }
    void start(ServiceFactory factory, std::uint32_t workers = 2) {
        config::Config config;
        config.process.workers = workers;
        WorkerPlan plan;
        plan.config = std::make_shared<const config::Config>(std::move(config));
        plan.generation = 7;
        plan.factory = factory;
        plan.privileges.sandbox = sandbox;
        plan.listeners_of = [this](std::uint32_t) {
            std::vector<ListeningSocket> sockets;
            sockets.push_back(std::move(listener));
            return sockets;
        };
        set.emplace(*loop, reaper, memory, std::move(plan), static_cast<WorkerSetHandler&>(*this));
        BOOST_REQUIRE(set->start().has_value());
    }
    template <class Condition>
    void until(Condition condition) {
        for (int turns = 0; turns < 2000 && !condition(); ++turns) loop->turn(std::chrono::milliseconds{20});
        BOOST_REQUIRE(condition());
    }
    std::vector<pid_t> pids() {
        std::vector<pid_t> result;
        for (const auto& slot : memory.slots()) {
            if (slot.pid.load() > 0) result.push_back(slot.pid.load());
        }
        return result;
    }

    void on_signal(int, pid_t) noexcept override { reaper.reap(); }
    void on_workers_ready() override { ++ready; }
    void on_worker_not_ready(std::uint32_t, int status) override { not_ready.push_back(status); }
    void on_worker_lost(std::uint32_t, int status) override { lost.push_back(status); }
    void on_workers_not_accepting() override { ++not_accepting; }
    void on_workers_gone() override { ++gone; }

    sigset_t mask_before = current_signal_mask();
    config::Sandbox sandbox = config::Sandbox::off;
    ChildReaper reaper;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    shared::LineageMemory memory = std::move(*shared::LineageMemory::create());
    std::unique_ptr<SignalSource> signals;
    ListeningSocket listener;
    std::optional<WorkerSet> set;
    int ready = 0;
    int gone = 0;
    int not_accepting = 0;
    std::vector<int> not_ready;
    std::vector<int> lost;
};

/// An order whose deadline no test reaches.
inline DrainOrder soon(const EventLoop& loop) {
    return {loop.now() + std::chrono::seconds{10}, Duration{0}, loop.now()};
}

}  // namespace baton
