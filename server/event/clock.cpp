#include "server/event/clock.h"

namespace baton {
namespace {

class SystemClock final : public Clock {
public:
    TimePoint now() override { return std::chrono::steady_clock::now(); }
    WallTime wall() override { return std::chrono::system_clock::now(); }
};

}  // namespace

Clock& Clock::system() {
    static SystemClock clock;
    return clock;
}

}  // namespace baton
