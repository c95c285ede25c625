#include "upgrade/hand_over/hand_over_receiver.h"

#include "server/assert.h"
#include "upgrade/fault_point.h"

#include <array>
#include <new>
#include <string>
#include <utility>

namespace baton::upgrade {
namespace {

/// Makes room in a SecretBuffer. Never written, so that it costs no memory.
std::array<char, longest_piece> blank;

bool is_among(ParcelKind kind, ParcelKinds kinds) {
    return kind < 64 && (kinds & mask_of(kind)) != 0;
}

}  // namespace

HandOverReceiver::HandOverReceiver(EventLoop& loop, Fd link, HandOverSink& sink)
    : loop_(loop), link_(std::move(link)), sink_(sink) {}

HandOverReceiver::~HandOverReceiver() {
    drop();
}

Result<void> HandOverReceiver::start() {
    auto watched = watch_.start(loop_, link_.descriptor(), *this, Trigger::edge);
    if (watched) say_budget();
    return watched;
}

void HandOverReceiver::on_ready() noexcept {
    window_done_ = false;
    for (int count = 0; phase_ != Phase::over && watch_.readable(); ++count) {
        if (window_done_ || count == most_packets_a_turn) return watch_.call_again();
        hear();
        advance();
    }
}

void HandOverReceiver::hear() {
    heard_.reset();
    try {
        receive();
    } catch (const std::bad_alloc&) {
        end(Reason::out_of_memory);
    }
}

void HandOverReceiver::receive() {
    const std::size_t gathered = window_.size();
    const std::span<char> room = room_for_content();
    MessageHead head;
    std::size_t size = 0;
    const HandOverLink::Heard heard = link_.receive(head, room, size, heard_descriptors_);
    window_.shrink(gathered + size);
    switch (heard) {
        case HandOverLink::Heard::packet: break;
        case HandOverLink::Heard::nothing: return watch_.clear_readable();
        // The predecessor did not wait for our last word. Its own last word is still to be read.
        case HandOverLink::Heard::left_unread: return;
        case HandOverLink::Heard::gone: return end(Reason::closed);
        case HandOverLink::Heard::garbage: return end(Reason::bad_message);
    }
    const auto message = decode(head, {room.data(), size});
    if (!message) return end(Reason::bad_message);
    heard_ = *message;
}

std::span<char> HandOverReceiver::room_for_content() {
    if (phase_ == Phase::awaiting_commit) return {};
    const std::size_t gathered = window_.size();
    window_.append({blank.data(), blank.size()});
    return {window_.data() + gathered, blank.size()};
}

void HandOverReceiver::advance() {
    if (!heard_) return;
    switch (phase_) {
        case Phase::idle:
        case Phase::gathering: return take_piece();
        case Phase::awaiting_commit: return take_commit();
        case Phase::over: return;
    }
}

void HandOverReceiver::take_piece() {
    const auto* const offer = std::get_if<OfferMessage>(&*heard_);
    if (!offer || !follows(*offer)) return end(Reason::bad_message);
    if (phase_ == Phase::idle) {
        offer_ = *offer;
        offer_.piece = {};
        descriptors_ = std::exchange(heard_descriptors_, {});
        phase_ = Phase::gathering;
    }
    reach(FaultPoint::piece_taken);
    if (window_.size() == offer_.size) hold_window();
}

/// It is the first piece of the next window, or what comes behind the pieces that are here.
bool HandOverReceiver::follows(const OfferMessage& offer) const {
    if (phase_ == Phase::idle)
        return offer.window == window_number_ + 1 && offer.offset == 0 &&
               heard_descriptors_.size() == offer.descriptors;
    return offer.window == offer_.window && offer.parcels == offer_.parcels &&
           offer.descriptors == offer_.descriptors && offer.size == offer_.size &&
           offer.offset == window_.size() - offer.piece.size() && heard_descriptors_.empty();
}

void HandOverReceiver::hold_window() {
    const auto parcels = read_window(window_.view(), offer_.parcels, offer_.descriptors);
    if (!parcels) return end(Reason::bad_message);
    std::string answers;
    std::span<Fd> descriptors{descriptors_};
    for (const WindowParcel& parcel : *parcels) {
        const auto refusal = hold(parcel, descriptors.first(parcel.descriptors));
        answers.push_back(refusal ? static_cast<char>(*refusal) : '\0');
        descriptors = descriptors.subspan(parcel.descriptors);
    }
    descriptors_.clear();
    phase_ = Phase::awaiting_commit;
    window_done_ = true;
    reach(FaultPoint::window_held);
    say(ReadyMessage{offer_.window, answers});
    reach(FaultPoint::ready_said);
}

std::optional<Refusal> HandOverReceiver::hold(const WindowParcel& parcel, std::span<Fd> descriptors) {
    if (!is_among(parcel.kind, sink_.kinds())) return Refusal::unknown_kind;
    auto fields = FieldReader::over(parcel.fields);
    if (!fields) return Refusal::malformed;
    ArrivedParcel arrived{parcel.kind, *fields, {}};
    for (Fd& descriptor : descriptors) arrived.descriptors.push_back(std::move(descriptor));
    try {
        return hold(arrived);
    } catch (const std::bad_alloc&) {
        return Refusal::out_of_memory;
    }
}

std::optional<Refusal> HandOverReceiver::hold(ArrivedParcel& parcel) {
    auto arrival = sink_.hold(parcel);
    if (!arrival) return arrival.error();
    ASSERT(*arrival != nullptr);
    held_.push_back(std::move(*arrival));
    return std::nullopt;
}

void HandOverReceiver::take_commit() {
    const auto* const commit = std::get_if<CommitMessage>(&*heard_);
    if (!commit || commit->window != offer_.window || !heard_descriptors_.empty())
        return end(Reason::bad_message);
    reach(FaultPoint::commit_read);
    for (const auto& arrival : held_) arrival->commit();
    reach(FaultPoint::window_taken);
    moved_ += held_.size();
    window_number_ = offer_.window;
    drop();
    phase_ = Phase::idle;
    window_done_ = true;
    say_budget();
    sink_.on_window_taken();
}

void HandOverReceiver::say_budget() {
    BudgetMessage budget;
    budget.window = window_number_;
    budget.free_descriptors = sink_.free_descriptors();
    budget.kinds = sink_.kinds();
    say(budget);
}

void HandOverReceiver::say(const HandOverMessage& message) {
    switch (link_.send(message)) {
        case HandOverLink::Sent::whole:
        // Reading finds that the other side has gone, behind what it said last.
        case HandOverLink::Sent::gone: return;
        // It reads all that we say before it speaks again, so that this is little.
        case HandOverLink::Sent::later:
        case HandOverLink::Sent::no_room: return end(Reason::limit);
    }
}

void HandOverReceiver::drop() {
    held_.clear();  // may view the window
    descriptors_.clear();
    window_.clear();
}

void HandOverReceiver::end(Reason reason) {
    phase_ = Phase::over;
    why_over_ = reason;
    heard_.reset();
    heard_descriptors_.clear();
    watch_.stop();
    link_.close();
    drop();
    sink_.on_receiver_over();
}

}  // namespace baton::upgrade
