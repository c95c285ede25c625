// Takes the place of upgrade/fault_point.cpp in a Baton whose masters stand still at the point that the file
// $BATON_HOLD names, for as long as it does. They make $BATON_HOLD.reached when they begin to.
#include "upgrade/fault_point.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace baton::upgrade {
namespace {

std::string_view name_of(FaultPoint point) {
    switch (point) {
        case FaultPoint::hello_heard: return "hello_heard";
        case FaultPoint::workers_ready: return "workers_ready";
        case FaultPoint::commit_heard: return "commit_heard";
        case FaultPoint::window_frozen:
        case FaultPoint::piece_taken:
        case FaultPoint::window_held:
        case FaultPoint::ready_said:
        case FaultPoint::commit_sent:
        case FaultPoint::commit_read:
        case FaultPoint::window_taken:
        case FaultPoint::probe_begun: return "";
    }
    return "";
}

}  // namespace

void reach(FaultPoint point) noexcept {
    const char* const file = std::getenv("BATON_HOLD");
    const auto name = name_of(point);
    if (file == nullptr || name.empty()) return;
    bool stands = false;
    for (std::string held;; held.clear()) {
        std::ifstream(file) >> held;
        if (held != name) return;
        if (!std::exchange(stands, true)) std::ofstream(std::string(file) + ".reached");
        ::usleep(5'000);
    }
}

}  // namespace baton::upgrade
