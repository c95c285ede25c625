#include "upgrade/escrow/settlement.h"

#include "server/log/log.h"
#include "upgrade/control_channel.h"

#include <algorithm>
#include <utility>

namespace baton::upgrade {

/// One connection: its sockets are the master's, its fields lie in the dead worker's memory.
class Settlement::Piece final : public Movable {
public:
    Piece(Settlement& owner, escrow::Estate::Piece piece, ParcelKind kind)
        : owner_(owner), piece_(std::move(piece)), kind_(kind) {}

    ParcelKind kind() const override { return kind_; }
    void pack(FieldWriter& fields, std::vector<int>& descriptors) const override {
        const auto parcel = owner_.memory_.read(piece_.place);
        if (parcel) fields.copy(parcel->fields);
        for (const Fd& socket : piece_.sockets) descriptors.push_back(socket.get());
    }
    void on_taken() noexcept override { owner_.settle(*this, true); }
    void on_kept() noexcept override;

    /// Nobody can go on with it here any more.
    void close() {
        for (Fd& socket : piece_.sockets) socket.reset();
        owner_.memory_.wipe(piece_.place.cell);
    }
    Line* line = nullptr;  // over which it is offered

private:
    Settlement& owner_;
    escrow::Estate::Piece piece_;
    ParcelKind kind_;
    int deaths_ = 0;
};

/// The line to one heir.
class Settlement::Line final : public Disposable, private HandOverSource {
public:
    Line(Settlement& owner, Fd link)
        : owner_(owner), sender_(owner.loop_, std::move(link), static_cast<HandOverSource&>(*this)) {}
    HandOverSender& sender() { return sender_; }

private:
    Movable* freeze_next(ParcelKinds kinds) override { return owner_.next(*this, kinds); }
    void on_refused(Movable& refused, Refusal why) override {
        log::warn("escrow.refused").with("kind", refused.kind()).with("reason", to_string(why));
        owner_.on_refused(static_cast<Piece&>(refused));
    }
    void on_sender_lost() override { owner_.on_line_lost(*this); }

    Settlement& owner_;
    HandOverSender sender_;
};

void Settlement::Piece::on_kept() noexcept {
    if (line->sender().is_lost() && ++deaths_ == most_deaths) return owner_.settle(*this, false);
    owner_.waiting_.push_back(this);
}

Settlement::Settlement(EventLoop& loop, escrow::Estate estate, const Heirs& heirs,
                       std::function<void()> on_over)
    : loop_(loop), memory_(std::move(estate.memory)), heirs_(heirs), on_over_(std::move(on_over)) {
    for (auto& piece : estate.pieces) {
        const auto parcel = memory_.read(piece.place);
        pieces_.push_back(std::make_unique<Piece>(*this, std::move(piece), parcel ? parcel->kind : 0));
        waiting_.push_back(pieces_.back().get());
    }
    patience_.arm(patience);
    go_on();
}

Settlement::~Settlement() {
    lines_.clear();  // what is under way is kept, and closed with the others
    for (auto& piece : pieces_) piece->close();
}

void Settlement::go_on() {
    if (waiting_.empty() && lines_.empty()) return settled_.arm(Duration{0});
    if (!lines_.empty()) return;
    for (const std::uint32_t heir : heirs_.ready()) {
        auto ends = ControlChannel::make_pair();
        if (!ends) break;
        auto line = std::make_unique<Line>(*this, std::move(ends->first));
        if (!line->sender().start()) break;
        lines_.push_back(std::move(line));
        heirs_.give_to(std::move(ends->second), heir);
    }
}

Movable* Settlement::next(Line& line, ParcelKinds kinds) {
    while (!waiting_.empty()) {
        Piece* const piece = waiting_.front();
        waiting_.pop_front();
        piece->line = &line;
        if (piece->kind() < 64 && (mask_of(piece->kind()) & kinds) != 0) return piece;
        settle(*piece, false);
    }
    return nullptr;
}

void Settlement::settle(Piece& piece, bool adopted) {
    piece.close();
    ++(adopted ? adopted_ : lost_);
    if (is_settled()) settled_.arm(Duration{0});
}

/// It has been kept before, as what is to be offered again.
void Settlement::on_refused(Piece& piece) {
    std::erase(waiting_, &piece);
    settle(piece, false);
}

void Settlement::on_line_lost(Line& line) {
    log::warn("escrow.heir_lost")
        .with("reason", to_string(line.sender().why_lost()))
        .with("adopted", line.sender().totals().moved);
    const auto found = std::ranges::find(lines_, &line, &std::unique_ptr<Line>::get);
    loop_.destroy_later(std::move(*found));
    lines_.erase(found);
    if (is_settled()) return;
    for (const auto& other : lines_) other->sender().go_on();
    if (lines_.empty()) retry_.arm(pause);
}

void Settlement::on_settled() {
    retry_.disarm();
    patience_.disarm();
    for (auto& line : lines_) {
        line->sender().close();
        loop_.destroy_later(std::move(line));
    }
    lines_.clear();
    on_over_();
}

void Settlement::on_patience_over() {
    // What is under way right now may still be adopted.
    for (Piece* const piece : std::exchange(waiting_, {})) settle(*piece, false);
    patience_.arm(patience);
}

}  // namespace baton::upgrade
