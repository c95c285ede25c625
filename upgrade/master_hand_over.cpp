/// How live connections get to the serving generation: its master and the masters of older ones make links
/// between their workers.
#include "server/log/log.h"
#include "upgrade/links.h"
#include "upgrade/master.h"

#include <algorithm>

namespace baton::upgrade {
namespace {

/// Between two invitations.
constexpr Duration first_pause = std::chrono::seconds{5};
constexpr Duration longest_pause = std::chrono::minutes{5};

}  // namespace

/// Nothing when the sides have no kind of parcel in common, or the system has no descriptors left.
std::optional<Links> Master::links_between(std::uint32_t givers, std::uint32_t takers,
                                           ParcelKinds kinds) const {
    if (config().upgrade.handover == config::Handover::off || (kinds & start_.options.parcel_kinds) == 0)
        return std::nullopt;
    auto links = make_links(givers, takers);
    if (links) return std::move(*links);
    log::warn("hand_over.no_links").with("error", links.error());
    return std::nullopt;
}

/// Gives the workers of both generations their ends of the links, the successor's first. Without links the
/// generation that goes just drains.
void Master::join_workers(Successor& successor) {
    auto links = links_between(current_->worker_count(), successor.worker_count(), successor.parcel_kinds());
    if (!links) return;
    log::info("hand_over.started")
        .with("generation", current_->number())
        .with("successor", successor.name())
        .with("links", links->of_successor.size());
    successor.take_over(std::move(links->of_successor));
    current_->hand_over(std::move(links->of_predecessor));
}

void Master::take_over(const HandOver& message, std::vector<Fd> links) {
    // While it stops nobody takes anything: the links hang up, and the predecessor finishes what it has.
    if (phase_ != Phase::serving || !current_) return;
    log::info("hand_over.taken")
        .with("generation", current_->number())
        .with("from", message.generation)
        .with("links", links.size());
    current_->take_over(std::move(links), message.first);
}

/// What an older generation could not hand over to its successor, because that understood less, died or was
/// silent, the next one may take, or the same one later. Asked less and less often: some things never move.
void Master::invite_older_generations() {
    if (!current_ || config().upgrade.handover == config::Handover::off) return;
    if (invited_for_ == current_->number() && loop_.now() < invite_again_) return;
    if (invited_for_ != current_->number()) invitation_pause_ = first_pause;
    invited_for_ = current_->number();
    invite_again_ = loop_.now() + invitation_pause_;
    invitation_pause_ = std::min(2 * invitation_pause_, longest_pause);
    elders_.tell(Invite{current_->number(), current_->worker_count(), start_.options.parcel_kinds});
    for (auto& generation : going_) join_workers(*generation, *current_);
}

/// Of two generations of this master.
void Master::join_workers(Generation& older, Generation& younger) {
    auto links = links_between(older.worker_count(), younger.worker_count(), start_.options.parcel_kinds);
    if (!links) return;
    younger.take_over(std::move(links->of_successor));
    older.hand_over(std::move(links->of_predecessor));
}

void Master::accept_invitation(const Invite& invite) {
    if (!successor_line_ || config().upgrade.handover == config::Handover::off ||
        (invite.parcel_kinds & start_.options.parcel_kinds) == 0)
        return;
    for (auto& generation : going_) {
        auto links = make_links(generation->worker_count(), invite.workers);
        if (!links) continue;
        log::info("hand_over.invited")
            .with("generation", generation->number())
            .with("by", invite.generation)
            .with("links", links->of_successor.size());
        send_links(*successor_line_, generation->number(), std::move(links->of_successor));
        generation->hand_over(std::move(links->of_predecessor));
    }
}

}  // namespace baton::upgrade
