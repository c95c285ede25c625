/// Tells whether a file is still being written.
#pragma once

#include <string>

namespace baton {

/// Whether somebody has the file at `path` open for writing. Only its owner and who has CAP_LEASE may ask
/// (fcntl(2), F_SETLEASE); for others, and where there is no such file, the answer is no.
bool is_open_for_writing(const std::string& path);

}  // namespace baton
