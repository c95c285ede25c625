/// The commands that need nothing but the configuration and the admin socket. Each prints and returns an exit
/// code.
#pragma once

#include "server/admin/command_line.h"

namespace baton::admin {

/// `baton check`, `-t`, `-T`.
int check_command(const Invocation& invocation);
/// `baton reload`, `upgrade`, `status`, `stop`, `quit`, `reopen`.
int order_command(const Invocation& invocation);
/// `baton config schema|dump|reference`.
int config_command(const Invocation& invocation);
/// `baton version`, `-v`, `-V`.
int version_command(const Invocation& invocation);
/// `baton help [COMMAND]`.
int help_command(const Invocation& invocation);

}  // namespace baton::admin
