/// Gives this worker's live connections to workers of a younger generation.
#pragma once

#include "proxy/downstream/downstream_connection.h"
#include "server/event/event_loop.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace baton {

struct ProxyContext;

namespace hand_over {

/// Every link is one worker of the younger generation; each takes what it can from the same lists. What
/// cannot go now is looked at again and again; what a successor has refused stays here and drains.
///
///     waiting ──begin──► moving ──every link lost──► hoping ──no new link in time──► over
///                           ▲                          │
///                           └────────── add ───────────┘         all ──end──► waiting
class Departures {
public:
    explicit Departures(ProxyContext& context);
    ~Departures();
    Departures(const Departures&) = delete;
    Departures& operator=(const Departures&) = delete;

    /// Another worker that takes connections. Links of an earlier `batch` are closed when they are idle: they
    /// may lead to a generation that goes itself. False when the loop does not take the link.
    bool add(Fd link, std::uint32_t batch);
    /// Connections leave from now on.
    void begin();
    /// They stay, but for those of a window that is under way.
    void end();
    bool moving() const { return began_ && usable_links() > 0; }
    /// A connection has become idle.
    void notice_idle();
    /// Connections have come from an older generation.
    void notice_arrivals() { look(); }
    struct Totals {
        std::uint64_t moved = 0, refused = 0;
        Duration longest_freeze{};
    };
    Totals totals() const;

private:
    class Link;

    std::size_t usable_links() const;
    void close_idle_links();
    upgrade::Movable* freeze_next(upgrade::ParcelKinds kinds);
    template <class List>
    static upgrade::Movable* freeze_one_of(List& list, std::size_t& left, upgrade::ParcelKinds kinds);
    void trim_memory_of_moved();
    void on_refused(upgrade::Movable& refused, upgrade::Refusal why);
    void on_link_lost(Link& link);
    void remember_totals_of(const Link& link);
    void look();
    void on_look() { look(); }
    void on_hope_over();

    ProxyContext& context_;
    std::vector<std::unique_ptr<Link>> links_;
    std::uint32_t batch_ = 0;  // the latest
    Timer look_;
    Timer hope_;  // armed: whoever takes the place of a dead worker will invite this one
    // How many of each list are still to be looked at this time.
    std::size_t idle_left_ = 0, tunnels_left_ = 0, connections_left_ = 0;
    std::uint64_t trimmed_at_ = 0;  // connections moved when memory was trimmed last
    Totals of_closed_links_;
    bool began_ = false;
};

}  // namespace hand_over
}  // namespace baton
