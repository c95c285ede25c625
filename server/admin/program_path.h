/// Which file this process runs, by the name under which a newer one will be found.
#pragma once

#include <string>

namespace baton::admin {

/// The absolute path of the program that was started as `name` (argv[0]). Symbolic links are kept: whoever
/// turns a link to another file means the next upgrade to follow it. Falls back to what the kernel says this
/// process runs.
std::string program_path(const std::string& name);

}  // namespace baton::admin
