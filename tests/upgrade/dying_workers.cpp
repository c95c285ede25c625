// Takes the place of upgrade/fault_point.cpp in a Baton whose workers are killed in the middle of a
// hand-over, or that answer no probe. $BATON_DYING_WORKERS says which:
//   givers       each that hands over, when it has sent its first COMMIT
//   takers:FILE  four of ten that take over, somewhere in the first window, before they read COMMIT; whoever
//   makes
//                the file, for certain
//   unprobed     each that is probed
//   silent       each that is probed stops instead
#include "upgrade/fault_point.h"

#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <string_view>

namespace baton::upgrade {
namespace {

/// What dies at once, without a word; a window that other connections have come over is not the first.
struct Fate {
    Fate() {
        const char* const variable = std::getenv("BATON_DYING_WORKERS");
        const std::string_view who = variable ? variable : "";
        giver_dies = who == "givers";
        if (who == "unprobed") when_probed = SIGKILL;
        if (who == "silent") when_probed = SIGSTOP;
        if (!who.starts_with("takers:")) return;
        std::random_device random;
        const bool is_first =
            ::open(who.substr(who.find(':') + 1).data(), O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0;
        if (is_first || random() % 10 < 4) {
            const FaultPoint points[] = {FaultPoint::piece_taken, FaultPoint::window_held,
                                         FaultPoint::ready_said};
            taker_dies = true;
            dies_at = points[random() % 3];
        }
    }
    int when_probed = 0;
    bool giver_dies = false;
    bool taker_dies = false;
    FaultPoint dies_at{};
};

}  // namespace

void reach(FaultPoint point) noexcept {
    // Of a master, whose fate its workers would share.
    if (point <= FaultPoint::commit_heard) return;
    static Fate fate;
    if (point == FaultPoint::probe_begun && fate.when_probed != 0) std::raise(fate.when_probed);
    if (point == FaultPoint::commit_read) fate.taker_dies = false;
    if ((fate.taker_dies && point == fate.dies_at) || (fate.giver_dies && point == FaultPoint::commit_sent))
        std::raise(SIGKILL);
}

}  // namespace baton::upgrade
