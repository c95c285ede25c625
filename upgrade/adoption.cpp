#include "upgrade/adoption.h"

#include "server/log/log.h"
#include "server/shared/lineage_memory.h"
#include "upgrade/lineage_socket.h"

#include <algorithm>

namespace baton::upgrade {
namespace {

/// For the first orphan: a worker looks at its sockets once a turn.
constexpr Duration patience_with_first = std::chrono::seconds{3};
/// For the others.
constexpr Duration patience_with_all = std::chrono::seconds{1};

}  // namespace

Adoption::Adoption(EventLoop& loop, std::string path, Hello own, AdoptionHandler& handler)
    : loop_(loop),
      path_(std::move(path)),
      own_(std::move(own)),
      handler_(handler),
      patience_(Timer::calling<&Adoption::end>(loop.timers(), *this)) {}

Adoption::~Adoption() {
    for (auto& candidate : candidates_) {
        candidate.line->close();
        loop_.destroy_later(std::move(candidate.line));
    }
}

bool Adoption::start() {
    if (!ask_one()) return false;
    patience_.arm(patience_with_first);
    return true;
}

bool Adoption::ask_one() {
    Fd socket = LineageSocket::connect(path_);
    if (!socket) return false;
    auto line = std::make_unique<ControlChannel>(loop_, std::move(socket),
                                                 static_cast<ControlChannelHandler&>(*this));
    if (!line->start()) return false;
    line->send(own_);
    candidates_.push_back({std::move(line)});
    return true;
}

void Adoption::on_message(ControlChannel& channel, const ControlMessage& message,
                          std::vector<Fd>& descriptors) {
    const auto found = std::ranges::find_if(
        candidates_, [&channel](const Candidate& candidate) { return candidate.line.get() == &channel; });
    if (found == candidates_.end()) return;
    if (const auto* const hello = std::get_if<Hello>(&message)) {
        if (found->has_greeted || common_protocol(own_, *hello) == 0) return give_up(channel);
        found->has_greeted = true;
        return;
    }
    const auto* const estate = std::get_if<Estate>(&message);
    if (!found->has_greeted || estate == nullptr) return give_up(channel);
    if (phase_ != Phase::over) collect(*estate, std::move(descriptors));
    if (estate->is_last) on_orphan_complete(channel, *estate);
}

void Adoption::on_channel_lost(ControlChannel& channel, Reason) {
    auto line = release(channel);
    if (line) loop_.destroy_later(std::move(line));
    end_if_complete();
}

std::unique_ptr<ControlChannel> Adoption::release(const ControlChannel& channel) {
    const auto found = std::ranges::find_if(
        candidates_, [&channel](const Candidate& candidate) { return candidate.line.get() == &channel; });
    if (found == candidates_.end()) return nullptr;
    auto line = std::move(found->line);
    candidates_.erase(found);
    return line;
}

/// It does not speak as an orphan does.
void Adoption::give_up(ControlChannel& channel) {
    log::warn("adoption.not_understood");
    channel.close();
    on_channel_lost(channel, Reason::bad_message);
}

void Adoption::collect(const Estate& estate, std::vector<Fd> descriptors) {
    Inheritance& all = lineage_.inheritance;
    if (estate.generation > lineage_.generation) {
        lineage_.generation = estate.generation;
        all.memory.reset();  // the youngest has the one that counts
    }
    const auto names = split_names(estate.names, descriptors.size());
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
        const bool known = std::ranges::any_of(all.listeners, [&](const InheritedSocket& socket) {
            return are_same_socket(socket.socket.get(), descriptors[i].get());
        });
        if (!known) take_descriptor(all, std::move(descriptors[i]), names[i]);
    }
}

void Adoption::on_orphan_complete(ControlChannel& channel, const Estate& estate) {
    ++lineage_.orphans;
    handler_.on_orphan(release(channel));
    if (phase_ != Phase::asking) return end_if_complete();
    phase_ = Phase::collecting;
    patience_.arm(patience_with_all);
    const auto others = std::min<std::uint32_t>(estate.processes, shared::LineageMemory::max_workers);
    for (std::uint32_t asked = 1; asked < others && ask_one(); ++asked) continue;
    end_if_complete();
}

void Adoption::end_if_complete() {
    if (candidates_.empty()) end();
}

void Adoption::end() {
    if (phase_ == Phase::over) return;
    phase_ = Phase::over;
    patience_.disarm();
    handler_.on_estate_collected();
}

}  // namespace baton::upgrade
