/// How a new master comes by the workers of one that has died: it asks them for what that one has left.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/control_channel.h"
#include "upgrade/inherit.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::upgrade {

class AdoptionHandler {
public:
    virtual ~AdoptionHandler() = default;
    /// Every orphan has answered, or those that have not take too long. Called once.
    virtual void on_estate_collected() = 0;
    /// An orphan that takes its orders over `line` from now on: before the above those whose estate has been
    /// collected, after it one that was late.
    virtual void on_orphan(std::unique_ptr<ControlChannel> line) = 0;
};

///     asking ──the first answers──► collecting ──all have answered, out of time──► over
///        └────────────────── out of time ────────────────────────────────────────►─┘
///
/// One connection for each orphan: which of them accepts it is theirs. Orphans that are stopped, or whose
/// master lives after all, leave theirs in the queue, and may answer later.
class Adoption final : private ControlChannelHandler {
public:
    /// What is known of the dead master's lineage.
    struct Lineage {
        Inheritance inheritance;       ///< listening sockets, each once; memory; the lineage's socket
        std::uint32_t generation = 0;  ///< the youngest of the orphans'
        std::uint32_t orphans = 0;
    };

    Adoption(EventLoop& loop, std::string path, Hello own, AdoptionHandler& handler);
    ~Adoption() override;
    /// False when nobody holds the lineage's socket: there is nothing to adopt, and the handler hears
    /// nothing.
    bool start();
    Lineage take_lineage() { return std::move(lineage_); }

private:
    enum class Phase : std::uint8_t { asking, collecting, over };
    struct Candidate {
        std::unique_ptr<ControlChannel> line;
        bool has_greeted = false;
    };

    bool ask_one();
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    std::unique_ptr<ControlChannel> release(const ControlChannel& channel);
    void give_up(ControlChannel& channel);
    void collect(const Estate& estate, std::vector<Fd> descriptors);
    void on_orphan_complete(ControlChannel& channel, const Estate& estate);
    void end_if_complete();
    void end();

    EventLoop& loop_;
    std::string path_;
    Hello own_;
    AdoptionHandler& handler_;
    Phase phase_ = Phase::asking;
    std::vector<Candidate> candidates_;
    Lineage lineage_;
    Timer patience_;
};

}  // namespace baton::upgrade
