/// Reads the arguments of the program into one invocation, or into what is wrong with them.
#pragma once

#include "server/admin/command_table.h"

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace baton::admin {

/// What the user wants.
struct Invocation {
    Command command = Command::help;
    std::vector<std::string> operands;
    /// Flags by their long names, with their value (empty for those that have none).
    std::map<std::string, std::string, std::less<>> flags;

    bool has(std::string_view flag) const { return flags.contains(flag); }
    std::optional<std::string> value(std::string_view flag) const;
    bool is_quiet() const { return has("--quiet"); }
    bool wants_json() const { return has("--json"); }
};

/// In words, with a proposal where there is one; may have two lines. The program exits with EX_USAGE (64).
struct UsageMistake {
    std::string text;
};

/// `arguments` without the program's name. A flag's value follows it or stands behind `=`; `--` ends the
/// flags. A flag that is given twice counts with its last value.
tl::expected<Invocation, UsageMistake> parse_command_line(std::span<const std::string> arguments);

/// `--config`, else $BATON_CONFIG, else the place where packages put it. Absolute where the working directory
/// is known.
std::string config_file(const Invocation& invocation);

/// `--timeout`, when given; `parse_command_line` has checked it.
std::optional<std::chrono::milliseconds> timeout(const Invocation& invocation);

}  // namespace baton::admin
