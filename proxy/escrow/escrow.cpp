#include "proxy/escrow/escrow.h"

#include "server/assert.h"
#include "server/log/log.h"

#include <algorithm>
#include <new>
#include <utility>

namespace baton::escrow {

Deposit::~Deposit() {
    escrow_.close(*this);
}

void Deposit::leave_rest() {
    escrow_.on_wake(*this);
}

std::unique_ptr<Escrow> Escrow::create(EventLoop& loop, EscrowEnds ends) {
    auto memory = EscrowMemory::map(std::move(ends.memory));
    if (memory) return std::make_unique<Escrow>(loop, std::move(*memory), std::move(ends.channel));
    log::error("escrow.no_memory").with("error", memory.error());
    return nullptr;
}

Escrow::Escrow(EventLoop& loop, EscrowMemory memory, Fd channel)
    : loop_(loop), memory_(std::move(memory)), channel_(std::move(channel)) {
    log::info("escrow.begun").with("connections_at_most", memory_.cells());
}

Escrow::~Escrow() = default;

std::unique_ptr<Deposit> Escrow::open(const hand_over::Candidate& connection, TimePoint heard) {
    auto deposit = std::make_unique<Deposit>(*this, connection);
    deposit->look_at_ = std::min(heard, loop_.now()) + quiet_time;
    if (deposit->look_at_ <= loop_.now()) {
        awake_.push_front(*deposit);
    } else {
        deposit->look_at_ = loop_.now() + quiet_time;
        awake_.push_back(*deposit);
    }
    wait_for_next();
    return deposit;
}

void Escrow::on_wake(Deposit& deposit) {
    memory_.invalidate(deposit.place_.cell);
    deposit.resting_ = false;
    --valid_;
    deposit.look_at_ = loop_.now() + quiet_time;
    awake_.push_back(deposit);
    wait_for_next();
}

void Escrow::close(Deposit& deposit) {
    deposit.wake();
    if (!deposit.held_) return;
    memory_.wipe(deposit.place_.cell);
    withdrawn_.push_back(deposit.place_);
}

void Escrow::stop() {
    stopped_ = true;
    look_.disarm();
}

void Escrow::resume() {
    stopped_ = false;
    wait_for_next();
}

void Escrow::wait_for_next() {
    if (stopped_ || !channel_ || awake_.empty() || look_.armed()) return;
    look_.arm_at(std::max(awake_.front().look_at_, loop_.now() + look_interval));
}

void Escrow::look() {
    if (stopped_ || !channel_) return;
    for (std::size_t count = 0; count < most_a_look && !awake_.empty(); ++count) {
        if (awake_.front().look_at_ > loop_.now()) break;
        look_at(awake_.front());
    }
    if (!written_.empty()) tell_deposited();
    look_.disarm();
    // More of them may be due.
    if (!awake_.empty() && awake_.front().look_at_ <= loop_.now() && !stopped_ && channel_)
        return look_.arm(Duration{0});
    wait_for_next();
}

void Escrow::look_at(Deposit& deposit) {
    deposit.unlink();
    const auto since = deposit.connection_.quiet_since();
    const bool quiet = since && loop_.now() - *since >= quiet_time;
    if (quiet && deposit.place_.serial == 0 && !take_cell(deposit)) return without_cell_.push_back(deposit);
    deposit.look_at_ = loop_.now() + quiet_time;
    if (!quiet) return awake_.push_back(deposit);
    const std::size_t sockets_before = sockets_.size();
    if (!write(deposit, sockets_)) {
        sockets_.resize(sockets_before);
        if (!deposit.held_) give_back(std::exchange(deposit.place_, {}).cell);
        return;  // as long as it lives: what has been too long for a cell does not become shorter
    }
    if (!deposit.held_) return written_.push_back(&deposit);
    sockets_.resize(sockets_before);
    memory_.validate(deposit.place_);
    deposit.resting_ = true;
    ++valid_;
}

bool Escrow::take_cell(Deposit& deposit) {
    if (free_cells_.empty()) {
        if (cells_used_ == memory_.cells()) return false;
        free_cells_.push_back(cells_used_++);
    }
    deposit.place_ = {free_cells_.back(), ++last_serial_};
    free_cells_.pop_back();
    return true;
}

void Escrow::give_back(std::uint32_t cell) {
    free_cells_.push_back(cell);
    if (without_cell_.empty()) return;
    Deposit& next = without_cell_.front();
    next.unlink();
    next.look_at_ = loop_.now() + quiet_time;
    awake_.push_back(next);
}

bool Escrow::write(Deposit& deposit, std::vector<int>& sockets) {
    bool written = false;
    try {
        upgrade::FieldWriter fields{parcel_};
        deposit.connection_.pack(fields, sockets);
        written = memory_.write(deposit.place_, deposit.connection_.kind(), parcel_.view());
        if (!written) log::info("escrow.too_long").with("bytes", parcel_.size());
    } catch (const std::bad_alloc&) {
        log::warn("escrow.out_of_memory");
    }
    parcel_.clear();
    return written;
}

// They are valid once the master has their sockets, and not before.
void Escrow::tell_deposited() {
    Notice notice{Notice::Kind::deposit, 0, {}};
    for (const Deposit* const deposit : written_) notice.add(deposit->place_);
    if (!withdrawn_.empty()) tell_withdrawn();
    const Told told = channel_ && withdrawn_.empty() ? tell(channel_.get(), notice, sockets_) : Told::later;
    for (Deposit* const deposit : std::exchange(written_, {})) {
        if (told == Told::whole) {
            deposit->held_ = deposit->resting_ = true;
            memory_.validate(deposit->place_);
            ++valid_;
        } else {
            memory_.wipe(deposit->place_.cell);
            give_back(std::exchange(deposit->place_, {}).cell);
            awake_.push_back(*deposit);
        }
    }
    sockets_.clear();
    if (told == Told::gone) give_up();
}

void Escrow::tell_withdrawn() {
    while (channel_ && !withdrawn_.empty()) {
        Notice notice{Notice::Kind::withdraw, 0, {}};
        for (auto place = withdrawn_.rbegin(); place != withdrawn_.rend() && !notice.is_full(); ++place)
            notice.add(*place);
        switch (tell(channel_.get(), notice)) {
            case Told::whole: break;
            case Told::later: return;
            case Told::gone: return give_up();
        }
        withdrawn_.resize(withdrawn_.size() - notice.count);
        for (const Place& place : notice.all()) give_back(place.cell);
        wait_for_next();
    }
}

/// The master has gone, and what it held with it. What is written is good for nobody.
void Escrow::give_up() {
    channel_.reset();
    look_.disarm();
    withdrawn_.clear();
}

}  // namespace baton::escrow
