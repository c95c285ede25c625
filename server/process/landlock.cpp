#include "server/process/landlock.h"

#include "server/event/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace baton {
namespace {

// The kernel's interface, of which <linux/landlock.h> in Debian 12 knows the first two versions only.
struct RulesetAttributes {
    std::uint64_t handled_files = 0;
    std::uint64_t handled_ports = 0;
    std::uint64_t scoped = 0;
};
struct [[gnu::packed]] FileRule {
    std::uint64_t allowed;
    std::int32_t parent;
};
struct PortRule {
    std::uint64_t allowed;
    std::uint64_t port;
};
constexpr unsigned ask_for_version = 1;
constexpr int rule_for_files = 1;
constexpr int rule_for_ports = 2;
constexpr std::uint64_t write_file = 1U << 1;
constexpr std::uint64_t make_regular_file = 1U << 8;
constexpr std::uint64_t bind_tcp = 1U << 0;
constexpr std::uint64_t connect_tcp = 1U << 1;
constexpr std::uint64_t abstract_sockets = 1U << 0;
constexpr std::uint64_t signals = 1U << 1;

/// Every right that this version knows is given up, unless a rule gives it back.
RulesetAttributes everything(int version) {
    RulesetAttributes all;
    all.handled_files = (1U << 13) - 1;
    if (version >= 2) all.handled_files |= 1U << 13;  // to link and rename across directories
    if (version >= 3) all.handled_files |= 1U << 14;  // to truncate
    if (version >= 4) all.handled_ports = bind_tcp | connect_tcp;
    if (version >= 5) all.handled_files |= 1U << 15;  // ioctl on devices
    if (version >= 6) all.scoped = abstract_sockets | signals;
    return all;
}

bool add_rule(const Fd& ruleset, int kind, const void* rule) {
    return ::syscall(SYS_landlock_add_rule, ruleset.get(), kind, rule, 0) == 0;
}

/// The file by its real name: a right belongs to a directory, and the file may be a link into another one.
std::string real_path(const std::string& path) {
    const std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), &::free);
    return resolved ? resolved.get() : path;
}

/// A regular file is rotated by a rename, so that the right to write goes to its directory. What cannot be
/// opened now could not be opened later either.
bool allow_log(const Fd& ruleset, const std::string& log) {
    std::string path = real_path(log);
    struct stat status {};
    const bool rotates = ::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
    if (rotates) path.resize(std::max<std::size_t>(path.rfind('/') + 1, 1));
    const Fd parent{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    if (!parent) return true;
    const FileRule rule{rotates ? write_file | make_regular_file : write_file, parent.get()};
    return add_rule(ruleset, rule_for_files, &rule);
}

}  // namespace

int landlock_version() {
    return std::max(0, static_cast<int>(
                           ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, ask_for_version)));
}

bool restrict_to(const Reach& reach) {
    const int version = landlock_version();
    if (version == 0) return true;
    const RulesetAttributes attributes = everything(version);
    const Fd ruleset{
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0U))};
    if (!ruleset) return false;
    for (const std::string& log : reach.log_files)
        if (!allow_log(ruleset, log)) return false;
    if (attributes.handled_ports != 0) {
        for (const std::uint16_t port : reach.connect_ports) {
            const PortRule rule{connect_tcp, port};
            if (!add_rule(ruleset, rule_for_ports, &rule)) return false;
        }
    }
    return ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) == 0;
}

}  // namespace baton
