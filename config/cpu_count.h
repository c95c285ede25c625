/// How many CPUs this process may use, for `process.workers: auto`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace baton::config {

/// At least 1: the CPUs of the affinity mask, bounded by the quota of the cgroup and of those above it,
/// rounded up.
std::uint32_t allowed_cpus();

/// The CPUs that a `cpu.max` file of cgroup v2 grants (`200000 100000` = 2), rounded up; nothing for `max`.
std::optional<std::uint32_t> cpus_of_quota(std::string_view cpu_max);

}  // namespace baton::config
