#include "upgrade/spawn.h"

#include "upgrade/inherit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace baton::upgrade {
namespace {

/// Puts `descriptors` at 3, 4, …, `program` behind them, and closes everything above. Returns the program's
/// place, or -1.
int arrange(const std::vector<PassedDescriptor>& descriptors, const Program& program) {
    const int count = static_cast<int>(descriptors.size());
    const int end = first_inherited_descriptor + count;
    // First out of the way: a source may sit where another one belongs.
    std::vector<int> aside;
    for (const auto& passed : descriptors)
        aside.push_back(::fcntl(passed.descriptor, F_DUPFD_CLOEXEC, end + 1));
    aside.push_back(::fcntl(program.descriptor(), F_DUPFD_CLOEXEC, end + 1));
    for (int i = 0; i <= count; ++i) {
        const int at = first_inherited_descriptor + i;
        const int flags = i == count && !program.is_script() ? O_CLOEXEC : 0;
        if (aside[static_cast<std::size_t>(i)] < 0 ||
            ::dup3(aside[static_cast<std::size_t>(i)], at, flags) < 0)
            return -1;
    }
    ::close_range(static_cast<unsigned>(end + 1), UINT_MAX, 0);
    return end;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> result;
    for (auto& string : strings) result.push_back(string.data());
    result.push_back(nullptr);
    return result;
}

void announce(std::vector<std::string>& environment, const std::vector<PassedDescriptor>& descriptors) {
    if (descriptors.empty()) return;
    std::string names;
    for (const auto& passed : descriptors) names.append(names.empty() ? "" : ":").append(passed.name);
    environment.push_back("LISTEN_PID=" + std::to_string(::getpid()));
    environment.push_back("LISTEN_FDS=" + std::to_string(descriptors.size()));
    environment.push_back("LISTEN_FDNAMES=" + names);
}

std::string link_to(int descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor);
}

/// Where the file was last seen: what stands there now may be another.
std::string path_of(int descriptor) {
    std::error_code error;
    std::string path = std::filesystem::read_symlink(link_to(descriptor), error).string();
    constexpr std::string_view deleted = " (deleted)";
    if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
    return path;
}

}  // namespace

tl::expected<Program, std::string> Program::open(const std::string& path) {
    return examine(Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}, path);
}

tl::expected<Program, std::string> Program::of_this_process() {
    Fd file{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
    if (!file) return tl::unexpected(std::string("/proc/self/exe: ") + std::strerror(errno));
    return from(std::move(file));
}

tl::expected<Program, std::string> Program::from(Fd file) {
    std::string path = path_of(file.get());
    return examine(std::move(file), std::move(path));
}

/// A missing `file` is what `errno` says.
tl::expected<Program, std::string> Program::examine(Fd file, std::string path) {
    const auto refused = [&path](const char* why) { return tl::unexpected(path + ": " + why); };
    if (!file) return refused(std::strerror(errno));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return refused(std::strerror(errno));
    if (!S_ISREG(status.st_mode)) return refused("not a regular file");
    if (::faccessat(AT_FDCWD, link_to(file.get()).c_str(), X_OK, AT_EACCESS) != 0)
        return refused(std::strerror(errno));
    char start[2]{};
    Program program;
    program.is_script_ = ::pread(file.get(), start, sizeof start, 0) == static_cast<ssize_t>(sizeof start) &&
                         start[0] == '#' && start[1] == '!';
    program.path_ = std::move(path);
    program.file_ = std::move(file);
    return program;
}

int execute(const Program& program, const std::vector<std::string>& arguments, const FirstStart& first_start,
            const std::vector<PassedDescriptor>& descriptors) {
    const int file = arrange(descriptors, program);
    if (file < 0) return errno;
    first_start.restore();
    auto argv = arguments;
    auto environment = first_start.environment;
    announce(environment, descriptors);
    ::fexecve(file, pointers(argv).data(), pointers(environment).data());
    return errno;
}

}  // namespace baton::upgrade
