/// The commands and flags of the program: one table for parsing, help and did-you-mean.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace baton::admin {

enum class Command : std::uint8_t {
    run,
    check,
    reload,
    upgrade,
    rollback,
    status,
    stop,
    quit,
    reopen,
    version,
    config,
    demo,
    help,
};

struct FlagRule {
    std::string_view name;      ///< with its dashes: `--strict`
    std::string_view letter;    ///< `-c`, or empty
    std::string_view argument;  ///< what the help calls its value; empty = it has none
    std::string_view help;
};

struct CommandRule {
    Command id;
    std::string_view name;
    std::string_view operands;  ///< as the help shows them
    std::size_t most_operands;
    std::string_view help;  ///< one line
    std::string_view more;  ///< paragraphs for `baton help NAME`, may be empty
    std::span<const FlagRule> flags;
};

std::span<const CommandRule> command_rules();
/// Accepted by every command, before and after its name.
std::span<const FlagRule> global_flags();
const CommandRule& rule_of(Command command);
/// Null for an unknown name.
const CommandRule* find_command(std::string_view name);

/// What `baton help` prints.
std::string help_text();
/// What `baton help NAME` prints.
std::string help_text(const CommandRule& command);

}  // namespace baton::admin
