#include "config/did_you_mean.h"
#include "config/dump.h"
#include "config/load_config.h"
#include "config/reference.h"
#include "server/admin/commands.h"

#include <sysexits.h>

#include <cstdio>
#include <string>

namespace baton::admin {
namespace {

int print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    if (text.empty() || text.back() != '\n') std::fputc('\n', stdout);
    return EX_OK;
}

int dump_configuration(const Invocation& invocation) {
    const config::LoadResult result = config::load_config(config_file(invocation));
    if (result.ok()) return print(config::dump(*result.config));
    std::fputs(config::format_findings(result.findings, config::FindingFormat::text).c_str(), stderr);
    return EX_CONFIG;
}

}  // namespace

int config_command(const Invocation& invocation) {
    const std::string what = invocation.operands.empty() ? "" : invocation.operands.front();
    if (what == "schema") return print(config::json_schema());
    if (what == "reference") return print(config::reference_page());
    if (what == "dump") return dump_configuration(invocation);
    constexpr std::string_view choices[] = {"schema", "dump", "reference"};
    const std::string_view proposal = config::nearest(what, choices);
    if (proposal.empty()) {
        std::fputs("baton: `baton config` needs one of schema, dump, reference\n", stderr);
    } else {
        std::fprintf(stderr, "baton: unknown `config %s`\n  did you mean `%s`?\n", what.c_str(),
                     proposal.data());
    }
    return EX_USAGE;
}

}  // namespace baton::admin
