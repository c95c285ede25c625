#include "config/did_you_mean.h"
#include "server/admin/commands.h"
#include "server/process/loaded_configuration.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace baton::admin {
namespace {

constexpr std::string_view format_names[] = {"text", "json", "gcc", "github"};
constexpr config::FindingFormat formats[] = {config::FindingFormat::text, config::FindingFormat::json,
                                             config::FindingFormat::gcc, config::FindingFormat::github};

bool wants_colour(const Invocation& invocation) {
    const char* const no_color = std::getenv("NO_COLOR");
    return !invocation.has("--no-color") && (no_color == nullptr || *no_color == '\0') &&
           ::isatty(STDERR_FILENO) == 1;
}

int explain(const std::string& code) {
    const std::string_view text = config::explain_code(code);
    if (text.empty()) {
        std::fprintf(stderr, "baton: there is no finding with the code `%s`\n", code.c_str());
        return EX_USAGE;
    }
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    return EX_OK;
}

}  // namespace

int check_command(const Invocation& invocation) {
    if (const auto code = invocation.value("--explain")) return explain(*code);
    auto format = invocation.wants_json() ? config::FindingFormat::json : config::FindingFormat::text;
    if (const auto name = invocation.value("--format")) {
        const auto* const found = std::find(std::begin(format_names), std::end(format_names), *name);
        if (found == std::end(format_names)) {
            const std::string proposal(config::nearest(*name, format_names));
            std::fprintf(stderr, "baton: unknown format `%s`%s%s\n", name->c_str(),
                         proposal.empty() ? "; one of text, json, gcc, github" : ", did you mean ",
                         proposal.c_str());
            return EX_USAGE;
        }
        format = formats[found - std::begin(format_names)];
    }
    Invocation chosen = invocation;
    if (!invocation.operands.empty()) chosen.flags["--config"] = invocation.operands.front();
    const std::string file = config_file(chosen);

    LoadedConfiguration result = load_configuration(file, tls::Strictness::refuse);
    const bool has_warnings =
        std::any_of(result.findings.begin(), result.findings.end(),
                    [](const auto& finding) { return finding.severity == config::Severity::warning; });
    if (invocation.is_quiet()) {
        std::erase_if(result.findings, [](const auto& f) { return f.severity == config::Severity::warning; });
    }
    if (!result.findings.empty()) {
        const auto colour = wants_colour(invocation) ? config::Colour::always : config::Colour::never;
        const std::string text = config::format_findings(result.findings, format, colour);
        // JSON is for programs, which read stdout.
        std::fputs(text.c_str(), format == config::FindingFormat::json ? stdout : stderr);
    }
    if (!result.ok()) return EX_CONFIG;
    if (!invocation.is_quiet() && format == config::FindingFormat::text) {
        std::printf("%s: configuration ok\n", file.c_str());
    }
    if (invocation.has("--dump")) {
        Invocation dump = chosen;
        dump.operands = {"dump"};
        if (const int code = config_command(dump); code != EX_OK) return code;
    }
    return has_warnings && invocation.has("--strict") ? 1 : EX_OK;
}

}  // namespace baton::admin
