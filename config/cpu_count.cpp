#include "config/cpu_count.h"

#include "config/read_file.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace baton::config {
namespace {

constexpr std::size_t largest_proc_file = 64ULL * 1024;

std::uint32_t cpus_of_affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&set)));
}

/// The path of our cgroup below the mount point, from the `0::/path` line of cgroup v2.
std::string own_cgroup() {
    const auto file = read_file("/proc/self/cgroup", largest_proc_file);
    if (!file) return {};
    const std::string lines = "\n" + file->text;
    const std::size_t begin = lines.find("\n0::/");
    if (begin == std::string::npos) return {};
    const std::size_t path = begin + 4;
    return lines.substr(path, lines.find('\n', path) - path);
}

std::uint64_t number_at_front(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return 0;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

}  // namespace

std::optional<std::uint32_t> cpus_of_quota(std::string_view cpu_max) {
    const std::uint64_t quota = number_at_front(cpu_max);
    if (quota == 0 || !cpu_max.starts_with(' ')) return std::nullopt;
    cpu_max.remove_prefix(1);
    const std::uint64_t period = number_at_front(cpu_max);
    if (period == 0) return std::nullopt;
    const std::uint64_t cpus = quota / period + (quota % period == 0 ? 0 : 1);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cpus, 1, UINT32_MAX));
}

std::uint32_t allowed_cpus() {
    std::uint32_t cpus = cpus_of_affinity();
    std::string cgroup = own_cgroup();
    for (;;) {
        const auto file = read_file("/sys/fs/cgroup" + cgroup + "/cpu.max", largest_proc_file);
        const auto quota = file ? cpus_of_quota(file->text) : std::nullopt;
        if (quota) cpus = std::min(cpus, *quota);
        const std::size_t slash = cgroup.rfind('/');
        if (slash == std::string::npos) return cpus;
        cgroup.resize(slash);
    }
}

}  // namespace baton::config
