/// Where the admin socket of the running instance is.
#pragma once

#include "server/admin/command_line.h"

#include <optional>
#include <string>

namespace baton::admin {

/// `--socket`, else $BATON_SOCKET; nothing when neither is set: then it is as configured.
std::optional<std::string> chosen_socket(const Invocation& invocation);

/// `--socket`, else $BATON_SOCKET, else what the configuration says. A file with mistakes must not keep
/// anybody from stopping what runs: then `admin.socket` and `process.runtime_dir` are looked up in its text,
/// as far as it has them.
std::string admin_socket(const Invocation& invocation);

/// The second half of that, for a text that does not load: the default where nothing is found. Looks for the
/// two keys, which are unique in the language, line by line in any style of YAML.
std::string admin_socket_in_text(std::string_view yaml);

}  // namespace baton::admin
