/// The endpoints of one upstream in one worker.
#pragma once

#include "config/config.h"
#include "proxy/upstream/endpoint.h"
#include "proxy/upstream/resolve.h"

#include <cstdint>
#include <span>
#include <vector>

namespace baton::upstream {

/// Built before serving from the configuration: a name with several addresses becomes several endpoints; one
/// that does not resolve is left out with a warning in the log. Endpoints stay where they are as long as the
/// set lives.
class EndpointSet {
public:
    explicit EndpointSet(const config::Upstream& upstream, Resolver resolver = &resolve);
    EndpointSet(const EndpointSet&) = delete;
    EndpointSet& operator=(const EndpointSet&) = delete;

    /// All of them, in the order of the file; `endpoint.index()` is the place here.
    std::span<Endpoint> all() { return endpoints_; }
    std::span<const Endpoint> all() const { return endpoints_; }
    Endpoint& at(std::uint32_t index) { return endpoints_[index]; }
    std::size_t size() const { return endpoints_.size(); }
    bool empty() const { return endpoints_.empty(); }
    /// Requests and tunnels under way at all of them.
    std::uint32_t active() const;

private:
    std::vector<Endpoint> endpoints_;
};

}  // namespace baton::upstream
