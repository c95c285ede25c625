#include "server/admin/commands.h"
#include "server/log/json_writer.h"
#include "server/version.h"

#include <gnu/libc-version.h>
#include <sysexits.h>

#include <cstdio>
#include <string>

namespace baton::admin {
namespace {

std::string compiler() {
#if defined(__clang__)
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

constexpr std::string_view sanitizer() {
#if defined(__SANITIZE_ADDRESS__)
    return "address";
#else
    return "none";
#endif
}

constexpr std::string_view optimised() {
#if defined(__OPTIMIZE__)
    return "yes";
#else
    return "no";
#endif
}

}  // namespace

int version_command(const Invocation& invocation) {
    if (invocation.wants_json()) {
        char text[1024];
        JsonWriter json(text, sizeof text - 1);
        json.begin_object();
        json.key("version").value(version);
        json.key("commit").value(commit);
        json.key("compiler").value(compiler());
        json.key("optimised").value(optimised() == "yes");
        json.key("sanitizer").value(sanitizer());
        json.key("libc").value(std::string_view(::gnu_get_libc_version()));
        json.end_object();
        std::printf("%.*s\n", static_cast<int>(json.size()), text);
        return EX_OK;
    }
    std::printf("baton %.*s (%.*s)\n", static_cast<int>(version.size()), version.data(),
                static_cast<int>(commit.size()), commit.data());
    if (!invocation.is_quiet()) {
        std::printf("built with %s, optimised %.*s, sanitizer %.*s\n", compiler().c_str(),
                    static_cast<int>(optimised().size()), optimised().data(),
                    static_cast<int>(sanitizer().size()), sanitizer().data());
    }
    return EX_OK;
}

int help_command(const Invocation& invocation) {
    std::string text = help_text();
    if (!invocation.operands.empty()) {
        const CommandRule* const command = find_command(invocation.operands.front());
        if (command == nullptr) {
            std::fprintf(stderr, "baton: unknown command `%s`\n", invocation.operands.front().c_str());
            return EX_USAGE;
        }
        text = help_text(*command);
    }
    std::fputs(text.c_str(), stdout);
    return EX_OK;
}

}  // namespace baton::admin
