/// How a worker whose master has died can be found and commanded by another one.
#pragma once

#include "server/process/service.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace baton {

/// A worker without a master, as whoever adopts it sees it.
class OrphanedWorker {
public:
    virtual ~OrphanedWorker() = default;
    /// Those that it accepts from; empty once it drains.
    virtual std::span<const ListeningSocket> listeners() const = 0;
    /// Its live connections go over these once it drains; they take the place of earlier links.
    virtual void hand_over(std::vector<Fd> links) = 0;
    virtual void drain(const DrainOrder& order) = 0;
    virtual void reopen_logs() = 0;
};

/// The orphan's end of the line to a new master, for the rest of the worker's life.
class Lifeline {
public:
    virtual ~Lifeline() = default;
    /// A new master decides for the worker.
    virtual bool is_held() const = 0;
};

/// Called in the worker when its master has died.
using LifelineFactory = std::function<std::unique_ptr<Lifeline>(EventLoop& loop, OrphanedWorker& worker)>;

}  // namespace baton
