#include "server/process/crash_backoff.h"

#include <algorithm>

namespace baton {

Duration CrashBackoff::after_death(TimePoint started, TimePoint now) {
    const bool calm = now - started >= window;
    if (calm) wait_ = Duration{0};
    if (calm || now - window_began_ >= window) {
        window_began_ = now;
        deaths_ = 0;
    }
    ++deaths_;
    if (wait_ == Duration{0} && deaths_ <= free_deaths) return wait_;
    wait_ = wait_ == Duration{0} ? shortest : std::min(wait_ * 2, longest);
    return wait_;
}

}  // namespace baton
