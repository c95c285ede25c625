#include "server/event/fd.h"

#include <fcntl.h>
#include <unistd.h>

namespace baton {

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        descriptor_ = other.release();
    }
    return *this;
}

void Fd::reset() noexcept {
    // EINTR is no reason to close again: Linux has released the descriptor either way.
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Fd Fd::duplicate() const {
    return Fd{::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0)};
}

}  // namespace baton
