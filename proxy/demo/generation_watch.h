/// Follows the proxy's generations from outside, by its pid file: each that takes over writes its own process
/// id there.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::demo {

enum class GenerationState : std::uint8_t { serving, draining, gone };
std::string_view to_string(GenerationState state);

struct Generation {
    std::uint32_t number;
    pid_t master;
    GenerationState state;
};

class GenerationWatch {
public:
    explicit GenerationWatch(std::string pid_file) : pid_file_(std::move(pid_file)) {}

    /// Reads the pid file and asks which masters still run. Says whether anything has changed.
    bool look();
    /// All there ever were, the oldest first.
    const std::vector<Generation>& all() const { return generations_; }
    /// The one that the pid file names; null when there is none, or it has died.
    const Generation* serving() const;

private:
    bool notice_successor();
    std::string pid_file_;
    std::vector<Generation> generations_;
};

}  // namespace baton::demo
