#include "upgrade/escrow/estates.h"

#include "server/log/log.h"

#include <algorithm>

namespace baton::upgrade {

struct Estates::Case {
    std::uint32_t worker;
    std::size_t in_motion;
    std::unique_ptr<Settlement> adoption;
};

Estates::Estates(EventLoop& loop, Heirs heirs) : loop_(loop), heirs_(std::move(heirs)) {}

Estates::~Estates() = default;

void Estates::add(std::uint32_t worker, escrow::Estate estate) {
    if (estate.pieces.empty() && estate.in_motion == 0) return;
    log::notice("escrow.opened")
        .with("worker", worker)
        .with("quiet", estate.pieces.size())
        .with("in_motion", estate.in_motion);
    Case& opened = *cases_.emplace_back(std::make_unique<Case>(Case{worker, estate.in_motion, nullptr}));
    opened.adoption =
        std::make_unique<Settlement>(loop_, std::move(estate), heirs_, [this, &opened] { on_over(opened); });
}

void Estates::go_on() {
    for (const auto& one : cases_) one->adoption->go_on();
}

void Estates::give_up() {
    cases_.clear();
}

void Estates::on_over(Case& over) {
    log::notice("escrow.adopted")
        .with("worker", over.worker)
        .with("adopted", over.adoption->adopted())
        .with("lost", over.adoption->lost() + over.in_motion);
    loop_.destroy_later(std::move(over.adoption));
    std::erase_if(cases_, [&over](const auto& one) { return one.get() == &over; });
}

}  // namespace baton::upgrade
