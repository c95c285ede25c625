/// The demo's backend in a process of its own, as a real one would be.
#pragma once

#include "proxy/demo/backend.h"

#include <sys/types.h>

namespace baton::demo {

/// Forks a process that serves on `listener` until it is killed or its parent dies. Call it before this
/// process has a loop or a thread. Fails with what fork said.
Result<pid_t> fork_backend(const ListeningSocket& listener, const Story& story);

/// Memory for a story that a child forked later sees, too; null when there is none. Lives as long as the
/// process.
Story* share_story();

}  // namespace baton::demo
