#include "proxy/hand_over/departures.h"

#include "proxy/hand_over/candidate.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/proxy_context.h"
#include "server/log/log.h"

#include <algorithm>
#include <utility>

namespace baton::hand_over {
namespace {

/// How often what could not go is looked at again.
constexpr Duration look_interval = std::chrono::milliseconds{50};
/// How long nobody is told that this generation ends after the last link was lost: a worker that died is
/// replaced and asked for within a few seconds, unless it dies again and again.
constexpr Duration hope = std::chrono::seconds{30};
/// After so many connections the memory of those that have gone is given back: 2 KB to 4 KB each.
constexpr std::uint64_t moved_between_trims = upgrade::HandOverSender::ordinary_window;

}  // namespace

/// One worker that takes connections.
class Departures::Link final : private upgrade::HandOverSource {
public:
    Link(Departures& owner, Fd link)
        : owner_(owner),
          sender_(std::make_unique<upgrade::HandOverSender>(owner.context_.loop, std::move(link),
                                                            static_cast<upgrade::HandOverSource&>(*this))) {}
    bool start() { return sender_->start().has_value(); }
    bool usable() const { return sender_ && !sender_->is_lost(); }
    upgrade::HandOverSender& sender() { return *sender_; }
    const upgrade::HandOverSender& sender() const { return *sender_; }
    std::unique_ptr<upgrade::HandOverSender> take_sender() { return std::move(sender_); }

private:
    upgrade::Movable* freeze_next(upgrade::ParcelKinds kinds) override {
        return owner_.freeze_next(kinds & kinds_of_this_build);
    }
    void on_refused(upgrade::Movable& refused, upgrade::Refusal why) override {
        owner_.on_refused(refused, why);
    }
    void on_sender_lost() override { owner_.on_link_lost(*this); }

    Departures& owner_;
    std::unique_ptr<upgrade::HandOverSender> sender_;
};

Departures::Departures(ProxyContext& context)
    : context_(context),
      look_(Timer::calling<&Departures::on_look>(context.loop.timers(), *this)),
      hope_(Timer::calling<&Departures::on_hope_over>(context.loop.timers(), *this)) {}

Departures::~Departures() = default;

bool Departures::add(Fd link, std::uint32_t batch) {
    if (std::exchange(batch_, batch) != batch) close_idle_links();
    auto added = std::make_unique<Link>(*this, std::move(link));
    if (!added->start()) return false;
    links_.push_back(std::move(added));
    hope_.disarm();
    context_.handing_over = began_;
    look();
    return true;
}

/// A busy one still serves for what it can take.
void Departures::close_idle_links() {
    std::erase_if(links_, [this](const auto& link) {
        if (!link->usable()) return true;
        if (!link->sender().is_idle()) return false;
        remember_totals_of(*link);
        link->sender().close();
        context_.loop.destroy_later(link->take_sender());
        return true;
    });
}

void Departures::begin() {
    began_ = true;
    context_.handing_over = moving() || hope_.armed();
    look();
}

void Departures::end() {
    began_ = false;
    look_.disarm();
    hope_.disarm();
    context_.handing_over = false;
    close_idle_links();
}

std::size_t Departures::usable_links() const {
    return static_cast<std::size_t>(std::ranges::count_if(links_, [](const auto& l) { return l->usable(); }));
}

void Departures::look() {
    if (!moving()) return;
    idle_left_ = context_.idle.size();
    tunnels_left_ = context_.tunnels.size();
    connections_left_ = context_.connections.size();
    for (const auto& link : links_)
        if (link->usable()) link->sender().go_on();
    look_.arm(look_interval);
}

void Departures::notice_idle() {
    ++idle_left_;
    for (const auto& link : links_)
        if (link->usable()) link->sender().go_on();
}

/// What cannot go now is put behind the others, and each is looked at once only.
template <class List>
upgrade::Movable* Departures::freeze_one_of(List& list, std::size_t& left, upgrade::ParcelKinds kinds) {
    for (; left > 0 && !list.empty(); --left) {
        if (upgrade::Movable* const frozen = list.front().freeze_if_movable(kinds)) {
            --left;
            return frozen;
        }
        list.splice(list.end(), list, list.begin());
    }
    return nullptr;
}

/// Otherwise both generations together would need nearly twice the memory of one.
void Departures::trim_memory_of_moved() {
    const std::uint64_t moved = totals().moved;
    if (moved < trimmed_at_ + moved_between_trims) return;
    trimmed_at_ = moved;
    context_.trim_memory();
}

upgrade::Movable* Departures::freeze_next(upgrade::ParcelKinds kinds) {
    if (!began_) return nullptr;
    trim_memory_of_moved();
    if (auto* const frozen = freeze_one_of(context_.idle, idle_left_, kinds)) return frozen;
    if (auto* const frozen = freeze_one_of(context_.tunnels, tunnels_left_, kinds)) return frozen;
    return freeze_one_of(context_.connections, connections_left_, kinds);
}

void Departures::on_refused(upgrade::Movable& refused, upgrade::Refusal why) {
    static_cast<Candidate&>(refused).stay();
    context_.slot.add(shared::Counter::connections_move_refused);
    log::info("hand_over.refused").with("kind", refused.kind()).with("reason", to_string(why));
}

void Departures::remember_totals_of(const Link& link) {
    const auto& totals = link.sender().totals();
    of_closed_links_.moved += totals.moved;
    of_closed_links_.refused += totals.refused;
    of_closed_links_.longest_freeze = std::max(of_closed_links_.longest_freeze, totals.longest_freeze);
}

void Departures::on_link_lost(Link& link) {
    remember_totals_of(link);
    log::warn("hand_over.link_lost")
        .with("reason", to_string(link.sender().why_lost()))
        .with("moved", link.sender().totals().moved)
        .with("links_left", usable_links());
    context_.loop.destroy_later(link.take_sender());
    if (!began_) return;
    usable_links() > 0 ? look() : hope_.arm(hope);
}

void Departures::on_hope_over() {
    if (std::exchange(context_.handing_over, false) && context_.draining()) context_.begin_drain_of_all();
}

Departures::Totals Departures::totals() const {
    Totals all = of_closed_links_;
    for (const auto& link : links_) {
        if (!link->usable()) continue;
        const auto& totals = link->sender().totals();
        all.moved += totals.moved;
        all.refused += totals.refused;
        all.longest_freeze = std::max(all.longest_freeze, totals.longest_freeze);
    }
    return all;
}

}  // namespace baton::hand_over
