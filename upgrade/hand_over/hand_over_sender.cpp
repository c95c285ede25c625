#include "upgrade/hand_over/hand_over_sender.h"

#include "server/assert.h"
#include "upgrade/fault_point.h"

#include <algorithm>
#include <utility>

namespace baton::upgrade {
namespace {

constexpr std::uint8_t line_version = 1;
static_assert(lowest_line_version <= line_version && line_version <= highest_line_version);

bool is_among(ParcelKind kind, ParcelKinds kinds) {
    return kind < 64 && (kinds & mask_of(kind)) != 0;
}

}  // namespace

HandOverSender::HandOverSender(EventLoop& loop, Fd link, HandOverSource& source)
    : loop_(loop), link_(std::move(link)), source_(source) {}

HandOverSender::~HandOverSender() {
    phase_ == Phase::awaiting_acknowledgement ? let_go_of_all() : keep_all();
}

Result<void> HandOverSender::start() {
    return watch_.start(loop_, link_.descriptor(), *this, Trigger::edge);
}

void HandOverSender::go_on() {
    if (phase_ == Phase::idle) watch_.call_again();
}

void HandOverSender::on_ready() noexcept {
    if (!hear()) return;
    advance();
    // One message a turn, and so at most one window.
    if (watch_.readable()) watch_.call_again();
}

bool HandOverSender::hear() {
    heard_.reset();
    if (!watch_.readable()) return true;
    MessageHead head;
    std::size_t size = 0;
    std::vector<Fd> descriptors;
    switch (link_.receive(head, heard_content_, size, descriptors)) {
        case HandOverLink::Heard::packet: break;
        case HandOverLink::Heard::nothing: watch_.clear_readable(); return true;
        case HandOverLink::Heard::left_unread: lose(Reason::reset); return false;
        case HandOverLink::Heard::gone: lose(Reason::closed); return false;
        case HandOverLink::Heard::garbage: lose(Reason::bad_message); return false;
    }
    const auto message = decode(head, {heard_content_.data(), size});
    if (!message || !descriptors.empty()) {
        lose(Reason::bad_message);
        return false;
    }
    heard_ = *message;
    return true;
}

void HandOverSender::advance() {
    switch (phase_) {
        case Phase::awaiting_budget: return take_budget();
        case Phase::idle: return begin_window();
        case Phase::offering: return send_pieces();
        case Phase::awaiting_ready: return take_ready();
        case Phase::awaiting_acknowledgement: return take_acknowledgement();
        case Phase::awaiting_room:
            if (heard_) lose(Reason::bad_message);
            return;
        case Phase::lost: return;
    }
}

void HandOverSender::on_timeout() {
    switch (phase_) {
        case Phase::offering:
        case Phase::awaiting_ready:
        case Phase::awaiting_acknowledgement: return lose(Reason::timed_out);
        case Phase::awaiting_room: phase_ = Phase::idle; return go_on();
        case Phase::awaiting_budget:
        case Phase::idle:
        case Phase::lost: return;
    }
}

bool HandOverSender::learn(const BudgetMessage& budget) {
    if (budget.window != window_number_ || budget.lowest > line_version || budget.highest < line_version)
        return false;
    budget_ = budget;
    return true;
}

void HandOverSender::take_budget() {
    if (!heard_) return;
    const auto* const budget = std::get_if<BudgetMessage>(&*heard_);
    if (!budget || !learn(*budget)) return lose(Reason::bad_message);
    phase_ = Phase::idle;
    watch_.call_again();
}

void HandOverSender::begin_window() {
    if (heard_) return lose(Reason::bad_message);
    phase_ = Phase::offering;
    frozen_since_ = loop_.now();
    const std::uint64_t refused_before = totals_.refused;
    fill_window();
    if (frozen_.empty()) {
        window_.wipe();
        phase_ = Phase::idle;
        if (totals_.refused != refused_before) watch_.call_again();  // behind those may stand others
        return;
    }
    ++window_number_;
    sent_ = 0;
    patience_.arm(ready_patience);
    reach(FaultPoint::window_frozen);
    send_pieces();
}

void HandOverSender::fill_window() {
    // One too large to be sent counts as well: a turn's work is bounded.
    for (std::size_t count = 0; count < most_in_window_; ++count) {
        if (window_.is_full() || window_.descriptors().size() >= budget_.free_descriptors) return;
        Movable* const next = source_.freeze_next(budget_.kinds);
        if (!next || !add_to_window(*next)) return;
    }
}

/// False when no further connection is to be tried.
bool HandOverSender::add_to_window(Movable& connection) {
    ASSERT(is_among(connection.kind(), budget_.kinds));
    switch (window_.add(connection, budget_.free_descriptors)) {
        case OutgoingWindow::Fit::added: frozen_.push_back(&connection); return true;
        case OutgoingWindow::Fit::too_large:
            ++totals_.refused;
            connection.on_kept();
            source_.on_refused(connection, Refusal::unsupported);
            return true;
        case OutgoingWindow::Fit::no_descriptors_left:
        case OutgoingWindow::Fit::out_of_memory: connection.on_kept(); return false;
    }
    ASSERT(false);
}

void HandOverSender::send_pieces() {
    if (heard_) return lose(Reason::bad_message);
    const std::string_view bytes = window_.bytes();
    while (sent_ < bytes.size()) {
        if (!watch_.writable()) return;
        const OfferMessage offer{window_number_,
                                 static_cast<std::uint16_t>(window_.parcels()),
                                 static_cast<std::uint32_t>(window_.descriptors().size()),
                                 static_cast<std::uint32_t>(bytes.size()),
                                 static_cast<std::uint32_t>(sent_),
                                 bytes.substr(sent_, longest_piece)};
        // All descriptors go with the first piece: when the system has no room for them, the other side has
        // heard nothing of this window yet.
        switch (link_.send(offer, sent_ == 0 ? window_.descriptors() : std::span<const int>{})) {
            case HandOverLink::Sent::whole: sent_ += offer.piece.size(); break;
            case HandOverLink::Sent::later: return watch_.clear_writable();
            case HandOverLink::Sent::no_room: return sent_ == 0 ? pause() : lose(Reason::limit);
            case HandOverLink::Sent::gone: return lose(Reason::closed);
        }
    }
    window_.wipe();
    phase_ = Phase::awaiting_ready;
}

void HandOverSender::pause() {
    if (++pauses_ > most_pauses) return lose(Reason::limit);
    most_in_window_ = std::max<std::size_t>(1, frozen_.size() / 2);
    --window_number_;
    window_.wipe();
    phase_ = Phase::awaiting_room;
    keep_all();
    patience_.arm(pause_for_room);
}

void HandOverSender::take_ready() {
    if (!heard_) return;
    const auto* const ready = std::get_if<ReadyMessage>(&*heard_);
    if (!ready || ready->window != window_number_ || ready->answers.size() != frozen_.size())
        return lose(Reason::bad_message);
    // It fits: whoever says READY has read everything before. Whoever has not is no successor.
    if (link_.send(CommitMessage{window_number_}) != HandOverLink::Sent::whole) return lose(Reason::closed);
    reach(FaultPoint::commit_sent);
    phase_ = Phase::awaiting_acknowledgement;
    patience_.arm(acknowledgement_patience);
    ++totals_.windows;
    most_in_window_ = ordinary_window;
    pauses_ = 0;
    settle(*ready);
}

void HandOverSender::settle(const ReadyMessage& ready) {
    const std::vector<Movable*> offered = std::exchange(frozen_, {});
    for (std::size_t i = 0; i < offered.size(); ++i) {
        if (ready.answers[i] == 0) frozen_.push_back(offered[i]);
    }
    if (frozen_.size() < offered.size()) note_freeze();
    for (std::size_t i = 0; i < offered.size(); ++i) {
        if (ready.answers[i] == 0) continue;
        ++totals_.refused;
        offered[i]->on_kept();
        source_.on_refused(*offered[i], refusal_of(ready.answers[i]));
    }
}

void HandOverSender::take_acknowledgement() {
    if (!heard_) return;
    const auto* const budget = std::get_if<BudgetMessage>(&*heard_);
    if (!budget || !learn(*budget)) return lose(Reason::bad_message);
    patience_.disarm();
    let_go_of_all();
    phase_ = Phase::idle;
    watch_.call_again();
}

void HandOverSender::keep_all() {
    if (frozen_.empty()) return;
    note_freeze();
    for (Movable* const connection : std::exchange(frozen_, {})) connection->on_kept();
}

void HandOverSender::let_go_of_all() {
    if (frozen_.empty()) return;
    note_freeze();
    totals_.moved += frozen_.size();
    for (Movable* const connection : std::exchange(frozen_, {})) connection->on_taken();
}

void HandOverSender::note_freeze() {
    totals_.longest_freeze = std::max(totals_.longest_freeze, loop_.now() - frozen_since_);
}

void HandOverSender::close() {
    ASSERT(is_idle());
    phase_ = Phase::lost;
    heard_.reset();
    patience_.disarm();
    watch_.stop();
    link_.close();
    window_.wipe();
}

void HandOverSender::lose(Reason reason) {
    const Phase from = std::exchange(phase_, Phase::lost);
    why_lost_ = reason;
    heard_.reset();
    patience_.disarm();
    watch_.stop();
    link_.close();
    window_.wipe();
    // A successor that has read COMMIT may have sealed with the keys: going on here as well would use them
    // twice. One that has ended without reading it has touched nothing.
    const bool taken = from == Phase::awaiting_acknowledgement && reason != Reason::reset;
    taken ? let_go_of_all() : keep_all();
    source_.on_sender_lost();
}

}  // namespace baton::upgrade
