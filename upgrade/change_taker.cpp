#include "upgrade/change_taker.h"

#include "server/assert.h"
#include "server/log/log.h"

#include <sysexits.h>

#include <utility>

namespace baton::upgrade {
namespace {

/// A check that hangs is given up, and is then the order's to find out and to tell.
constexpr Duration longest_look = std::chrono::seconds{30};
constexpr const char* endless_look = "the look did not end";
/// Half a minute: nobody writes for so long without wanting to know.
constexpr int looks_before_a_word = 60;

}  // namespace

ChangeTaker::ChangeTaker(EventLoop& loop, Watched& watched)
    : loop_(loop), watched_(watched), timer_(Timer::calling<&ChangeTaker::on_time>(loop.timers(), *this)) {}

ChangeTaker::~ChangeTaker() = default;

void ChangeTaker::start() {
    if (state_ == State::off) {
        files_ = std::make_unique<FileWatch>(loop_, [this] { on_change(); });
        enter(State::waiting);
    }
    files_->follow(watched_.paths());
}

void ChangeTaker::stop() {
    if (state_ == State::off) return;
    enter(State::off);
    files_.reset();
    seen_.reset();
}

void ChangeTaker::enter(State state) {
    const State from = std::exchange(state_, state);
    timer_.disarm();
    // What is watched may answer before its method returns: nothing follows such a call.
    switch (state) {
        case State::off:
            if (from == State::looking) watched_.stop_looking();
            return;
        case State::waiting: return;
        case State::looking:
            timer_.arm(longest_look);
            changed_meanwhile_ = false;
            return watched_.look([this](const Watched::Content& content) { on_found(content); });
        case State::pausing: timer_.arm(pause); return;
        case State::taking:
            ASSERT(from == State::looking);
            log::notice("watch.changed").with("what", watched_.name());
            return watched_.take([this](const admin::Verdict& verdict) { on_verdict(verdict.exit_code); });
    }
}

void ChangeTaker::look_when_free() {
    enter(watched_.may_be_taken() ? State::looking : State::pausing);
}

void ChangeTaker::on_change() {
    changed_meanwhile_ = true;
    files_->follow(watched_.paths());  // a link on the way may lead elsewhere now
    if (state_ == State::waiting) look_when_free();
}

void ChangeTaker::on_time() {
    if (state_ == State::pausing) return look_when_free();
    watched_.stop_looking();
    on_found(endless_look);
}

void ChangeTaker::on_found(const Watched::Content& content) {
    if (state_ != State::looking) return;
    const Sight sight = judge(content);
    log::debug("watch.looked").with("what", watched_.name()).with("found", to_string(sight));
    seen_ = content;
    looks_at_unfinished_ = sight == Sight::unfinished ? looks_at_unfinished_ + 1 : 0;
    if (looks_at_unfinished_ == looks_before_a_word)
        log::warn("watch.still_written").with("what", watched_.name());
    if (sight == Sight::served) tried_.reset();
    switch (sight) {
        case Sight::served:
        case Sight::tried: return enter(changed_meanwhile_ ? State::pausing : State::waiting);
        case Sight::unfinished:
        case Sight::unsettled: return enter(State::pausing);
        case Sight::steady: return enter(watched_.may_be_taken() ? State::taking : State::pausing);
    }
}

ChangeTaker::Sight ChangeTaker::judge(const Watched::Content& content) const {
    if (!content) return Sight::unfinished;
    if (watched_.is_served(*content)) return Sight::served;
    if (content == tried_) return Sight::tried;
    return content == seen_ && !changed_meanwhile_ ? Sight::steady : Sight::unsettled;
}

std::string_view ChangeTaker::to_string(Sight sight) {
    switch (sight) {
        case Sight::unfinished: return "unfinished";
        case Sight::served: return "served";
        case Sight::tried: return "tried";
        case Sight::unsettled: return "unsettled";
        case Sight::steady: return "steady";
    }
    return "unknown";
}

void ChangeTaker::on_verdict(int exit_code) {
    if (state_ != State::taking) return;
    // EX_TEMPFAIL says nothing of the content.
    if (exit_code != EX_TEMPFAIL) tried_ = seen_;
    enter(State::pausing);
}

}  // namespace baton::upgrade
