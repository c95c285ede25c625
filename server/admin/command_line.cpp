#include "server/admin/command_line.h"

#include "config/did_you_mean.h"
#include "config/quantity.h"
#include "server/admin/canary_order.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace baton::admin {
namespace {

using Mistake = tl::unexpected<UsageMistake>;

Mistake mistake(std::string text, std::string_view proposal = {}) {
    if (!proposal.empty()) text.append("\n  did you mean `").append(proposal).append("`?");
    return Mistake(UsageMistake{std::move(text)});
}

const FlagRule* find_flag(std::span<const FlagRule> flags, std::string_view name) {
    const auto found = std::find_if(flags.begin(), flags.end(),
                                    [&](const auto& f) { return f.name == name || f.letter == name; });
    return found == flags.end() ? nullptr : &*found;
}

/// One pass over the arguments.
class Parser {
public:
    explicit Parser(std::span<const std::string> arguments) : rest_(arguments) {}

    tl::expected<Invocation, UsageMistake> parse() {
        while (!rest_.empty()) {
            const std::string& argument = rest_.front();
            rest_ = rest_.subspan(1);
            const bool is_flag = !flags_ended_ && argument.size() > 1 && argument.front() == '-';
            if (is_flag && argument == "--") {
                flags_ended_ = true;
                continue;
            }
            const auto read = is_flag ? read_flag(argument) : read_word(argument);
            if (!read) return Mistake(read.error());
        }
        return finish();
    }

private:
    using Read = tl::expected<void, UsageMistake>;

    Read read_word(const std::string& word) {
        if (command_ == nullptr) {
            command_ = find_command(word);
            if (command_ == nullptr) return unknown_command(word);
            return {};
        }
        if (invocation_.operands.size() >= command_->most_operands) {
            return mistake("`baton " + std::string(command_->name) + "` does not expect `" + word + "`");
        }
        invocation_.operands.push_back(word);
        return {};
    }

    Read read_flag(const std::string& argument) {
        if (argument == "-t" || argument == "-T" || argument == "-v" || argument == "-V" ||
            argument == "-s") {
            return read_nginx_flag(argument);
        }
        const std::size_t equals = argument.starts_with("--") ? argument.find('=') : std::string::npos;
        const std::string name = argument.substr(0, equals);
        const FlagRule* flag = find_flag(global_flags(), name);
        if (flag == nullptr && command_ != nullptr) flag = find_flag(command_->flags, name);
        if (flag == nullptr) return unknown_flag(name);
        std::string value;
        if (equals != std::string::npos) {
            if (flag->argument.empty()) return mistake("`" + name + "` takes no value");
            value = argument.substr(equals + 1);
        } else if (!flag->argument.empty()) {
            if (rest_.empty()) return mistake("`" + name + "` needs a value: " + std::string(flag->argument));
            value = rest_.front();
            rest_ = rest_.subspan(1);
        }
        if (!flag->argument.empty() && value.empty()) return mistake("the value of `" + name + "` is empty");
        invocation_.flags[std::string(flag->name)] = value;
        return {};
    }

    /// The forms that fingers know from nginx.
    Read read_nginx_flag(const std::string& flag) {
        if (flag == "-s") {
            if (rest_.empty()) return mistake("`-s` needs a value: reload, upgrade, quit, stop or reopen");
            const std::string& signal = rest_.front();
            rest_ = rest_.subspan(1);
            constexpr std::string_view signals[] = {"reload", "upgrade", "quit", "stop", "reopen"};
            if (std::find(std::begin(signals), std::end(signals), signal) == std::end(signals)) {
                return mistake("unknown signal `" + signal + "`", config::nearest(signal, signals));
            }
            return choose(*find_command(signal), flag);
        }
        if (flag == "-T") invocation_.flags["--dump"];
        return choose(rule_of(flag == "-t" || flag == "-T" ? Command::check : Command::version), flag);
    }

    Read choose(const CommandRule& command, const std::string& flag) {
        if (command_ != nullptr && command_ != &command) {
            return mistake("`" + flag + "` and `" + std::string(command_->name) + "` are two commands");
        }
        command_ = &command;
        return {};
    }

    Read unknown_command(const std::string& word) const {
        std::vector<std::string_view> names;
        for (const CommandRule& rule : command_rules()) names.push_back(rule.name);
        return mistake("unknown command `" + word + "`", config::nearest(word, names));
    }

    Read unknown_flag(const std::string& name) const {
        std::vector<std::string_view> names;
        for (const FlagRule& flag : global_flags()) names.push_back(flag.name);
        if (command_ != nullptr) {
            for (const FlagRule& flag : command_->flags) names.push_back(flag.name);
        } else {
            for (const CommandRule& rule : command_rules()) {
                if (find_flag(rule.flags, name) != nullptr) {
                    return mistake("`" + name + "` belongs to a command and comes after it: `baton " +
                                   std::string(rule.name) + " " + name + "`");
                }
            }
        }
        const std::string of = command_ == nullptr ? "" : " of `baton " + std::string(command_->name) + "`";
        return mistake("unknown flag `" + name + "`" + of,
                       name.starts_with("--") ? config::nearest(name, names) : std::string_view{});
    }

    tl::expected<Invocation, UsageMistake> finish() {
        if (invocation_.has("--help")) {
            if (command_ != nullptr) invocation_.operands = {std::string(command_->name)};
            command_ = &rule_of(Command::help);
        } else if (command_ == nullptr && invocation_.has("--version")) {
            command_ = &rule_of(Command::version);
        }
        if (command_ == nullptr) return mistake("no command was given; `baton help` lists them");
        if (const auto text = invocation_.value("--timeout")) {
            if (const auto duration = config::parse_duration(*text); !duration) {
                return mistake("--timeout " + *text + ": " + duration.error().message);
            }
        }
        if (const auto text = invocation_.value("--drain-timeout")) {
            if (const auto duration = config::parse_duration(*text); !duration)
                return mistake("--drain-timeout " + *text + ": " + duration.error().message);
        }
        if (const auto canary = read_canary_flags(invocation_); !canary) return mistake(canary.error());
        invocation_.command = command_->id;
        return invocation_;
    }

    std::span<const std::string> rest_;
    const CommandRule* command_ = nullptr;
    Invocation invocation_;
    bool flags_ended_ = false;
};

}  // namespace

std::optional<std::string> Invocation::value(std::string_view flag) const {
    const auto found = flags.find(flag);
    if (found == flags.end()) return std::nullopt;
    return found->second;
}

tl::expected<Invocation, UsageMistake> parse_command_line(std::span<const std::string> arguments) {
    return Parser(arguments).parse();
}

std::string config_file(const Invocation& invocation) {
    std::string file = "/etc/baton/baton.yaml";
    if (const char* const from_environment = std::getenv("BATON_CONFIG");
        from_environment != nullptr && *from_environment != '\0') {
        file = from_environment;
    }
    if (const auto given = invocation.value("--config")) file = *given;
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(file, error);
    return error ? file : absolute.lexically_normal().string();
}

std::optional<std::chrono::milliseconds> timeout(const Invocation& invocation) {
    const auto text = invocation.value("--timeout");
    if (!text) return std::nullopt;
    return config::parse_duration(*text).value();
}

}  // namespace baton::admin
