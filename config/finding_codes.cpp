#include "config/finding.h"

#include <array>

namespace baton::config {
namespace {

struct Code {
    std::string_view name;
    std::string_view explanation;
};

constexpr std::array codes{
    Code{"E-SYNTAX",
         "The file is not YAML: an indentation that fits nothing, a bracket or quote that is never closed, a "
         "tab in "
         "the indentation, several documents in one file, or text that is not UTF-8. YAML cannot be read "
         "further "
         "after such a place, so the rest of this file is not checked; other included files are. Files may "
         "have 4 "
         "MiB, 32 levels and 100000 nodes after aliases are expanded."},
    Code{"E-TYPE",
         "The key wants another kind of value: a text where a list is due, a block where a text is due, or "
         "nothing at "
         "all. A value such as `key: {host}` without quotes is a YAML map; write `key: \"{host}\"`."},
    Code{"E-KEY",
         "The key is not known in this block. The nearest known key is suggested. Keys that begin with `x-` "
         "are "
         "ignored at the top level and may hold anchors."},
    Code{"E-REQ", "A key that has no default is missing in this block, or needs another one beside it."},
    Code{"E-VALUE",
         "The value is not one of the permitted words or has not the form the key wants. The message lists "
         "what is "
         "possible."},
    Code{"E-UNSUPPORTED",
         "The key or value belongs to the configuration language but this version of Baton cannot do it yet. "
         "It is "
         "refused, because ignoring it silently would run something else than what is written."},
    Code{"E-RANGE", "The number, duration, size, share or length is outside the permitted range."},
    Code{"E-UNIT",
         "Durations and sizes carry their unit, since a bare `3` was misread too often: `250ms`, `30s`, "
         "`5m`, `1h`, "
         "`1d`, combined `1h30m`; `16KiB`, `10MiB`, `1GiB`, decimal `10MB`, `512B`; shares `50%`; rates "
         "`20/s`. `0` or "
         "`off` switches off where the reference says so."},
    Code{"E-BOOL",
         "Truth values are `true` and `false`. `yes`, `no`, `on` and `off` mean different things to "
         "different YAML "
         "readers and are not accepted for them."},
    Code{"E-DUP",
         "The same key is set twice in one block or in two included files, or the same name is given twice. "
         "Both "
         "places are shown; nothing is overwritten silently. Lists of included files are appended to each "
         "other."},
    Code{"E-REF", "The name refers to something that is not configured, such as an upstream or a listener."},
    Code{"E-FILE", "A file cannot be read. The message carries the reason of the operating system."},
    Code{"E-CERT", "A certificate or key cannot be used."},
    Code{"E-ENV",
         "A load-time substitution cannot be made: `${VAR}` names a variable that is not set and has no "
         "default "
         "(`${VAR:-default}`), `${VAR:?message}` insists on one, or the braces are not closed. `$${` stands "
         "for a "
         "literal `${`."},
    Code{"E-INCLUDE",
         "An include cannot be followed: a plain file that does not exist, a file that includes itself, more "
         "than 8 "
         "levels or more than 1000 files. A glob that matches nothing is no error."},
    Code{"E-REGEX",
         "The pattern is not accepted by RE2, whose time is linear in its input. Backreferences and "
         "look-around do "
         "not exist in it."},
    Code{"E-CONFLICT",
         "Two settings exclude each other: two listeners with one address, two actions in one route, or a "
         "key that "
         "has no meaning beside another."},
    Code{"W-UNREACHABLE",
         "Routes are tried in file order and the first match wins. Everything this route would match is "
         "taken by an "
         "earlier one, so it never runs. Both lines are shown."},
    Code{"W-UNUSED", "No route leads to this upstream."},
    Code{"W-CERT",
         "A certificate is used, or a file in a directory of certificates is not, and its operator should "
         "know: "
         "no names in subjectAltName, a chain in the wrong order, an OCSP response that is not stapled, a "
         "file "
         "without its partner."},
    Code{"W-CERT-EXPIRY", "A certificate has expired or ends within 14 days, or is not valid yet."},
    Code{"W-TLS-VERIFY", "The certificate of an upstream server is not verified."},
    Code{"W-NO-TLS",
         "A host asks for client certificates or HSTS, and no TLS listener serves it, or plain ones answer "
         "beside "
         "it without sending clients over."},
    Code{"W-BACKLOG",
         "The kernel caps the accept queue of a listener at net.core.somaxconn, which is lower than the "
         "configured "
         "backlog."},
    Code{"W-NOFILE",
         "The limit of open files of this process is too low for the configured number of connections."},
    Code{"W-WORLD-READABLE",
         "A file with a secret can be read by other users. `chmod 600` it, or use systemd credentials."},
    Code{"W-NO-HEALTH", "An upstream has several servers and none of them is checked."},
    Code{"W-DEPRECATED", "The key still works and will go away; the message says what replaces it."},
};

}  // namespace

std::string_view explain_code(std::string_view code) {
    for (const Code& known : codes) {
        if (known.name == code) return known.explanation;
    }
    return {};
}

std::vector<std::string_view> all_codes() {
    std::vector<std::string_view> names;
    names.reserve(codes.size());
    for (const Code& known : codes) names.push_back(known.name);
    return names;
}

}  // namespace baton::config
