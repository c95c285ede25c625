/// Which system calls a strict worker may make: those that serving takes. Any other is its end.
#pragma once

#include <string>

namespace baton {

/// From now on, and for ever, this process makes the calls of the list and no other: one that is not on it is
/// not made, is told to the master over `channel` as `WorkerReport::forbidden_call`, and kills the process
/// with SIGSYS. Needs no_new_privs. False with errno set when the kernel cannot filter.
bool allow_only_what_serving_takes(int channel);

/// `execve` for 59 on x86-64; `unknown` for no call at all.
std::string system_call_name(int number);

}  // namespace baton
