#include "server/process/open_for_writing.h"

#include "server/event/fd.h"

#include <fcntl.h>
#include <signal.h>

#include <cerrno>

namespace baton {

bool is_open_for_writing(const std::string& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) return false;
    // Whoever opens the file for writing while we hold the lease makes the kernel send us a signal. SIGIO,
    // which it sends unless told otherwise, would end this process; SIGURG is ignored.
    if (::fcntl(file.get(), F_SETSIG, SIGURG) != 0) return false;
    if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
    ::fcntl(file.get(), F_SETLEASE, F_UNLCK);
    return false;
}

}  // namespace baton
