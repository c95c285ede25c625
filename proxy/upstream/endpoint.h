/// One address of an upstream, as one worker sees it: what it is doing there and how that has gone.
#pragma once

#include "server/event/clock.h"
#include "server/net/address.h"

#include <cstdint>
#include <string>

namespace baton::upstream {

class Endpoint {
public:
    struct Settings {
        Address address;
        std::string name;  ///< as configured: `app:3000`
        std::string
            label;  ///< the name, and the address too when the name has several: `app:3000 (10.0.0.7:3000)`
        std::string host;          ///< as configured, without port; empty for a UNIX socket
        std::uint32_t weight = 1;  ///< 0 = no new requests
        bool backup = false;
        std::uint32_t max_connections = 0;  ///< of this worker; 0 = no limit
    };
    Endpoint(std::uint32_t index, Settings settings) : settings_(std::move(settings)), index_(index) {}

    /// Its place in the endpoint set.
    std::uint32_t index() const { return index_; }
    const Address& address() const { return settings_.address; }
    const std::string& name() const { return settings_.name; }
    const std::string& label() const { return settings_.label; }
    const std::string& host() const { return settings_.host; }
    std::uint32_t weight() const { return settings_.weight; }
    bool is_backup() const { return settings_.backup; }

    /// Requests and tunnels under way there. `request_ended` must follow each `request_started` exactly once.
    std::uint32_t active() const { return active_; }
    void request_started() { ++active_; }
    void request_ended() { --active_; }
    bool is_full() const { return settings_.max_connections != 0 && active_ >= settings_.max_connections; }

    /// Nobody answered a connection attempt: the endpoint rests for a second, twice as long after each
    /// further failure, ten seconds at most. Resting endpoints are chosen only when there is no other.
    void connect_failed(TimePoint now);
    /// A connection was made: the endpoint is as good as any.
    void connect_succeeded() {
        consecutive_failures_ = 0;
        resting_until_ = {};
    }
    bool is_resting(TimePoint now) const { return now < resting_until_; }
    std::uint32_t consecutive_failures() const { return consecutive_failures_; }

private:
    Settings settings_;
    std::uint32_t index_;
    std::uint32_t active_ = 0;
    std::uint32_t consecutive_failures_ = 0;
    TimePoint resting_until_{};
};

}  // namespace baton::upstream
