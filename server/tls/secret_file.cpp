#include "server/tls/secret_file.h"

#include "server/event/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace baton::tls {

tl::expected<SecretFile, std::string> read_secret_file(const std::string& path, std::size_t largest) {
    // Neither a pipe nor a terminal makes the master wait.
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) return tl::unexpected(std::string(std::strerror(errno)));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return tl::unexpected(std::string(std::strerror(errno)));
    if (S_ISDIR(status.st_mode)) return tl::unexpected(std::string(std::strerror(EISDIR)));
    if (!S_ISREG(status.st_mode)) return tl::unexpected(std::string("not a regular file"));
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > largest) return tl::unexpected("larger than " + std::to_string(largest) + " bytes");
    SecretFile result{SecretText(size), (status.st_mode & S_IROTH) != 0};
    if (result.content.size() != size) return tl::unexpected(std::string("no memory for secrets is left"));
    for (std::size_t done = 0; done < size;) {
        const ssize_t count = ::read(file.get(), result.content.data() + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return tl::unexpected(std::string(std::strerror(errno)));
        if (count == 0) return tl::unexpected(std::string("it became shorter while it was read"));
        done += static_cast<std::size_t>(count);
    }
    return result;
}

}  // namespace baton::tls
