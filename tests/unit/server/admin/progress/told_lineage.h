/// Looks at a lineage that tests make up, and the events of an order.
#pragma once

#include "server/admin/progress/story.h"

#include <chrono>
#include <string>
#include <utility>

namespace baton::admin::test {

using namespace std::chrono_literals;

inline GenerationView generation(std::uint32_t number, const std::string& state) {
    GenerationView view;
    view.number = number;
    view.state = state;
    view.version = number == 7 ? "1.4.2" : "1.5.0";
    view.config_hash = "9f31ab2";
    view.master_pid = number == 7 ? 2113 : 21377;
    view.workers = view.ready_workers = 4;
    return view;
}

/// Generation 7 serves 7 580 requests' connections, 4 590 WebSockets and 3 event streams.
inline LineageView before_upgrade() {
    LineageView view;
    view.version = "1.4.2";
    view.certificates = 4;
    view.generations = {generation(7, "serving")};
    view.generations[0].http1 = 7580;
    view.generations[0].websockets = 4590;
    view.generations[0].event_streams = 3;
    return view;
}

/// The same after the switch: 7 drains, 8 serves.
inline LineageView draining() {
    LineageView view = before_upgrade();
    GenerationView old = view.generations[0];
    old.state = "draining";
    old.closes_in = 29min + 19s;
    old.close_spread = 30s;
    view.generations = {generation(8, "serving"), old};
    return view;
}

inline Verdict phase(const std::string& name, int milliseconds) {
    return {0, name,
            R"({"event":"upgrade.phase","phase":")" + name + R"(","took_ms":)" +
                std::to_string(milliseconds) + ".000}"};
}

/// A story of an upgrade, with its own clock.
struct Told {
    TimePoint now{Duration{1000s}};
    Story story{"upgrade", now};

    void pass(Duration time) {
        now += time;
        story.pass_time(now);
    }
    void look(LineageView view) { story.look(std::move(view), now); }
    void step(const std::string& name, int milliseconds) { story.step(phase(name, milliseconds), now); }
    /// All that comes before a trial or the verdict.
    void switch_over() {
        look(before_upgrade());
        step("preflight", 80);
        step("spawning", 10);
        step("awaiting_hello", 100);
        step("awaiting_ready", 200);
        step("switching", 4);
    }
    void succeed() {
        story.conclude(
            {0, "master 21377 serves, generation 7 drains", R"({"event":"upgrade.done","result":"ok"})"},
            now);
    }
};

}  // namespace baton::admin::test
