/// What a worker may do: the user it becomes and the rights it gives up.
#pragma once

#include "config/config.h"

#include <sys/types.h>

#include <optional>
#include <string>
#include <tl/expected.hpp>

namespace baton {

struct Privileges {
    struct Identity {
        uid_t user;
        gid_t group;
    };
    std::optional<Identity> identity;  ///< nothing: the worker keeps the master's
    /// From `basic` on: no_new_privs, no capabilities, no core dumps of key material. `strict` takes
    /// `enter_strict_sandbox` as well, later.
    config::Sandbox sandbox = config::Sandbox::off;
};

/// Looks the configured user and group up (unset user: `baton` if it exists, else `nobody`; unset group: that
/// user's). Without root nothing is looked up and the identity stays. Fails with words for the operator when
/// a name is unknown.
tl::expected<Privileges, std::string> decide_privileges(const config::Process& process);

/// Gives up what `privileges` says, for ever. On failure (false, errno set) the process must end: it may be
/// half way.
bool drop_privileges(const Privileges& privileges);

}  // namespace baton
