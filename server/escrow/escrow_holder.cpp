#include "server/escrow/escrow_holder.h"

#include "server/log/log.h"

#include <sys/resource.h>

#include <algorithm>

namespace baton::escrow {
namespace {

/// For listeners, logs, links and commands.
constexpr std::uint64_t reserved_descriptors = 512;
/// 256 MiB, of which only what is used costs memory.
constexpr std::uint64_t most_cells = 65'536;
/// A predecessor's connections are held until its successor has them, who holds them then.
constexpr std::uint64_t generations = 2;
constexpr int most_notices_a_turn = 16;

}  // namespace

std::uint32_t cells_for_worker(const config::Process& process) {
    if (process.escrow == config::Escrow::off) return 0;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::uint64_t free =
        limit.rlim_cur > reserved_descriptors ? limit.rlim_cur - reserved_descriptors : 0;
    const std::uint64_t workers = std::max<std::uint32_t>(process.workers, 1);
    return static_cast<std::uint32_t>(
        std::min(free / sockets_of_connection / generations / workers, most_cells));
}

Result<std::unique_ptr<EscrowHolder>> EscrowHolder::create(EventLoop& loop, std::uint32_t cells) {
    auto memory = EscrowMemory::create(cells);
    if (!memory) return tl::unexpected(memory.error());
    auto channel = make_escrow_channel();
    if (!channel) return tl::unexpected(channel.error());
    return std::unique_ptr<EscrowHolder>{new EscrowHolder(loop, std::move(*memory), std::move(*channel))};
}

EscrowHolder::EscrowHolder(EventLoop& loop, Fd memory, EscrowChannel channel)
    : loop_(loop), memory_(std::move(memory)), channel_(std::move(channel)) {}

EscrowEnds EscrowHolder::give_to_worker() {
    return {memory_.duplicate(), std::move(channel_.worker)};
}

Result<void> EscrowHolder::start() {
    channel_.worker.reset();
    return watch_.start(loop_, channel_.master.get(), *this, Trigger::level);
}

void EscrowHolder::on_ready() noexcept {
    for (int count = 0; count < most_notices_a_turn; ++count)
        if (!hear_one()) return;
}

bool EscrowHolder::hear_one() {
    Notice notice;
    std::vector<Fd> sockets;
    switch (hear(channel_.master.get(), notice, sockets)) {
        case HeardNotice::notice: break;
        case HeardNotice::nothing: return false;
        case HeardNotice::gone: watch_.stop(); return false;  // SIGCHLD tells the rest
    }
    switch (notice.kind) {
        case Notice::Kind::deposit: take(notice, sockets); break;
        case Notice::Kind::withdraw: let_go(notice); break;
    }
    return true;
}

void EscrowHolder::take(const Notice& notice, std::vector<Fd>& sockets) {
    if (sockets.size() < notice.count * sockets_of_connection)
        log::warn("escrow.out_of_descriptors").with("held", held_.size());
    auto next = sockets.begin();
    for (const Place& place : notice.all()) {
        if (sockets.end() - next < static_cast<std::ptrdiff_t>(sockets_of_connection)) return;
        Held& held = held_[place.cell];
        held.serial = place.serial;
        for (Fd& socket : held.sockets) socket = std::move(*next++);
    }
}

void EscrowHolder::let_go(const Notice& notice) {
    for (const Place& place : notice.all()) {
        const auto found = held_.find(place.cell);
        if (found != held_.end() && found->second.serial == place.serial) held_.erase(found);
    }
}

Result<Estate> EscrowHolder::close() {
    while (hear_one()) {
    }
    watch_.stop();
    channel_.master.reset();
    auto all = std::exchange(held_, {});
    auto memory = EscrowMemory::map(std::move(memory_));
    if (!memory) return tl::unexpected(memory.error());
    Estate estate{std::move(*memory), {}, 0};
    for (auto& [cell, held] : all) {
        const Place place{cell, held.serial};
        if (estate.memory.read(place))
            estate.pieces.push_back({place, std::move(held.sockets)});
        else
            ++estate.in_motion;
    }
    return estate;
}

}  // namespace baton::escrow
