/// What all clients of the demo share, and what can be asked of each.
#pragma once

#include "proxy/demo/pacer.h"
#include "proxy/demo/statistics.h"
#include "server/buffer/block_pool.h"
#include "server/event/event_loop.h"
#include "server/net/address.h"

#include <memory>
#include <random>

namespace baton::demo {

/// Everything outlives the clients.
struct ClientContext {
    EventLoop& loop;
    BlockPool& pool;
    Pacer& pacer;
    Statistics& statistics;
    Address target;
    std::minstd_rand& random;
};

class Client {
public:
    virtual ~Client() = default;
    virtual void start() = 0;
    /// Finishes what is under way, checks it, and ends.
    virtual void stop() = 0;
    /// `stop` has been carried out, or the client has ended by a failure.
    virtual bool has_ended() const = 0;
};

/// How long any client waits for an answer, an echo or the next event before it calls that a failure.
inline constexpr std::chrono::seconds patience{10};

/// A random pause, evenly spread.
inline Duration pause_between(std::minstd_rand& random, Duration least, Duration most) {
    return Duration{std::uniform_int_distribution<Duration::rep>(least.count(), most.count())(random)};
}

}  // namespace baton::demo
