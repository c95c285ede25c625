#include "upgrade/orphan.h"

#include "server/log/log.h"
#include "upgrade/inherit.h"
#include "upgrade/lineage_socket.h"
#include "upgrade/links.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>

namespace baton::upgrade {
namespace {

/// Of listening sockets, so that their names fit one text.
constexpr std::size_t most_in_estate = 12;

Fd copy_of(int descriptor) {
    return Fd{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
}

std::uint32_t living_workers(shared::LineageMemory& memory) {
    const auto slots = memory.slots();
    return static_cast<std::uint32_t>(
        std::ranges::count_if(slots, [](const shared::WorkerSlot& slot) { return slot.pid.load() > 0; }));
}

}  // namespace

Orphan::Orphan(EventLoop& loop, OrphanedWorker& worker, OrphanPlan plan)
    : loop_(loop), worker_(worker), plan_(std::move(plan)) {
    wait();
}

Orphan::~Orphan() {
    if (!line_) return;
    line_->close();
    loop_.destroy_later(std::move(line_));
}

void Orphan::wait() {
    phase_ = Phase::waiting;
    if (!watch_.start(loop_, plan_.lineage_socket, *this, Trigger::level)) log::warn("orphan.cannot_wait");
}

void Orphan::on_ready() noexcept {
    Fd socket{::accept4(plan_.lineage_socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) return;  // another orphan was quicker
    const auto user = user_of_peer(socket.get());
    if (user != 0 && user != plan_.masters_user) {
        log::warn("orphan.stranger").with("user", user);
        return;
    }
    line_ = std::make_unique<ControlChannel>(loop_, std::move(socket),
                                             static_cast<ControlChannelHandler&>(*this));
    if (!line_->start()) return line_.reset();
    watch_.stop();  // the next connection is another orphan's
    phase_ = Phase::greeting;
    line_->send(plan_.hello);
}

void Orphan::on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>&) {
    switch (phase_) {
        case Phase::waiting: return;
        case Phase::greeting: return greet(message);
        case Phase::held: return obey(message);
    }
}

void Orphan::on_channel_lost(ControlChannel&, Reason) {
    log::warn("orphan.line_lost");
    loop_.destroy_later(std::move(line_));
    wait();
}

void Orphan::greet(const ControlMessage& message) {
    const auto* const hello = std::get_if<Hello>(&message);
    if (hello == nullptr || common_protocol(plan_.hello, *hello) == 0) {
        log::warn("orphan.not_understood");
        line_->close();
        return on_channel_lost(*line_, Reason::bad_message);
    }
    phase_ = Phase::held;
    log::notice("orphan.adopted").with("generation", plan_.hello.generation).with("by", hello->pid);
    send_estate();
}

/// In parts, the memory and the lineage's socket with the first.
void Orphan::send_estate() {
    Estate estate;
    estate.generation = plan_.hello.generation;
    estate.worker = plan_.index;
    estate.workers = living_workers(plan_.memory);
    const auto listeners = worker_.listeners();
    std::vector<Fd> copies;
    const auto add = [&](std::string_view name, int descriptor) {
        Fd copy = copy_of(descriptor);
        if (!copy) return;
        estate.names.append(copies.empty() ? "" : ":").append(name);
        copies.push_back(std::move(copy));
    };
    add(memory_name, plan_.memory.descriptor());
    add(lineage_name, plan_.lineage_socket);
    for (const auto& listener : listeners) {
        if (copies.size() >= most_in_estate) {
            line_->send(estate, std::exchange(copies, {}));
            estate.names.clear();
        }
        add(listener.name, listener.socket.get());
    }
    estate.is_last = true;
    line_->send(estate, std::move(copies));
}

void Orphan::obey(const ControlMessage& message) {
    if (std::holds_alternative<Reopen>(message)) return worker_.reopen_logs();
    if (const auto* const invite = std::get_if<Invite>(&message)) return accept_invitation(*invite);
    const auto* const stop = std::get_if<Stop>(&message);
    if (stop == nullptr || (stop->generation != 0 && stop->generation != plan_.hello.generation)) return;
    worker_.drain({TimePoint{Duration{stop->deadline}}, Duration{stop->close_spread},
                   TimePoint{Duration{stop->idle_grace_until}}});
}

void Orphan::accept_invitation(const Invite& invite) {
    if (!plan_.hands_over || (invite.parcel_kinds & plan_.hello.parcel_kinds) == 0) return;
    auto links = make_links(1, invite.workers);
    if (!links) return;
    send_links(*line_, plan_.hello.generation, std::move(links->of_successor));
    worker_.hand_over(std::move(links->of_predecessor));
}

}  // namespace baton::upgrade
