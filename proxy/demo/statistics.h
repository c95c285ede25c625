/// What the demo's clients have seen: counts, latency and the first things that went wrong, in detail.
#pragma once

#include "proxy/demo/latency.h"
#include "server/event/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::demo {

/// The sorts of load.
enum class Load : std::uint8_t { keep_alive, new_connection, upload, websocket, event_stream, count_ };
std::string_view to_string(Load load);

/// One thing that must not happen, and how it looked from the client.
struct Incident {
    Load load;
    Duration at{0};     ///< since the load began
    std::string who;    ///< which client, which of its requests
    std::string what;   ///< what happened, with bytes and times
    std::string stage;  ///< what the proxy was doing then
};

/// Long-lived connections of one sort.
struct Lasting {
    std::uint64_t wanted = 0;    ///< asked for on the command line
    std::uint64_t opened = 0;    ///< ever
    std::uint64_t alive = 0;     ///< now
    std::uint64_t dropped = 0;   ///< ended by somebody else than the client, or never opened
    std::uint64_t messages = 0;  ///< echoed messages or events, each checked
};

class Statistics {
public:
    static constexpr std::size_t incidents_kept = 5;

    /// The load begins: incidents are dated from here.
    void begin(TimePoint now) { began_ = now; }
    /// What is going on, for incidents to come: `generation 2 is starting`.
    void set_stage(std::string stage) { stage_ = std::move(stage); }

    void request_succeeded(Load load, Duration latency);
    void request_failed(Load load, std::string who, std::string what);
    /// Of `websocket` or `event_stream`.
    Lasting& lasting(Load load);
    const Lasting& lasting(Load load) const;
    void lasting_dropped(Load load, std::string who, std::string what);
    /// An incident that belongs to no request and no connection: an upgrade failed, the proxy died.
    void trouble(std::string who, std::string what);

    /// All requests that have ended, well or not.
    std::uint64_t requests() const;
    std::uint64_t requests(Load load) const { return requests_[static_cast<std::size_t>(load)]; }
    std::uint64_t failed() const { return failed_; }
    std::uint64_t dropped() const;
    std::uint64_t troubles() const { return troubles_; }
    const Latency& latency() const { return latency_; }
    /// The first of them; `incidents_kept` at most.
    const std::vector<Incident>& incidents() const { return incidents_; }
    bool clean() const { return failed_ == 0 && dropped() == 0 && troubles_ == 0; }

private:
    void note(Load load, std::string who, std::string what);

    std::array<std::uint64_t, static_cast<std::size_t>(Load::count_)> requests_{};
    std::uint64_t failed_ = 0;
    std::uint64_t troubles_ = 0;
    Lasting websockets_;
    Lasting event_streams_;
    Latency latency_;
    TimePoint began_{};
    std::string stage_;
    std::vector<Incident> incidents_;
};

}  // namespace baton::demo
