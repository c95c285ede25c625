#include "proxy/demo/statistics.h"

#include "server/assert.h"

#include <numeric>

namespace baton::demo {

std::string_view to_string(Load load) {
    switch (load) {
        case Load::keep_alive: return "keep-alive request";
        case Load::new_connection: return "request on a new connection";
        case Load::upload: return "upload";
        case Load::websocket: return "WebSocket";
        case Load::event_stream: return "event stream";
        case Load::count_: break;
    }
    return "baton";
}

void Statistics::request_succeeded(Load load, Duration latency) {
    ++requests_[static_cast<std::size_t>(load)];
    latency_.add(latency);
}

void Statistics::request_failed(Load load, std::string who, std::string what) {
    ++requests_[static_cast<std::size_t>(load)];
    ++failed_;
    note(load, std::move(who), std::move(what));
}

Lasting& Statistics::lasting(Load load) {
    ASSERT(load == Load::websocket || load == Load::event_stream);
    return load == Load::websocket ? websockets_ : event_streams_;
}

const Lasting& Statistics::lasting(Load load) const {
    ASSERT(load == Load::websocket || load == Load::event_stream);
    return load == Load::websocket ? websockets_ : event_streams_;
}

void Statistics::lasting_dropped(Load load, std::string who, std::string what) {
    ++lasting(load).dropped;
    note(load, std::move(who), std::move(what));
}

void Statistics::trouble(std::string who, std::string what) {
    ++troubles_;
    note(Load::count_, std::move(who), std::move(what));
}

std::uint64_t Statistics::requests() const {
    return std::accumulate(requests_.begin(), requests_.end(), std::uint64_t{0});
}

std::uint64_t Statistics::dropped() const {
    return websockets_.dropped + event_streams_.dropped;
}

void Statistics::note(Load load, std::string who, std::string what) {
    if (incidents_.size() == incidents_kept) return;
    const Duration at = began_ == TimePoint{} ? Duration{0} : Clock::system().now() - began_;
    incidents_.push_back({load, at, std::move(who), std::move(what), stage_});
}

}  // namespace baton::demo
