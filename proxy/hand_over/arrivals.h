/// Takes live connections from workers of an older generation.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/hand_over/hand_over_receiver.h"

#include <memory>
#include <vector>

namespace baton {

struct ProxyContext;

namespace hand_over {

class Arrivals {
public:
    explicit Arrivals(ProxyContext& context);
    ~Arrivals();
    Arrivals(const Arrivals&) = delete;
    Arrivals& operator=(const Arrivals&) = delete;

    /// Another worker that offers connections. False when the loop does not take the link.
    bool add(Fd link);
    /// Somebody may still offer something.
    bool expecting() const { return !links_.empty(); }

private:
    class Link;

    tl::expected<std::unique_ptr<upgrade::Arrival>, upgrade::Refusal> hold(upgrade::ArrivedParcel& parcel);
    std::uint32_t free_descriptors() const;
    void pass_on();
    void remove(Link& link);

    ProxyContext& context_;
    std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace hand_over
}  // namespace baton
