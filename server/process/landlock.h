/// What a process may reach of files and ports, given up for ever with Landlock (landlock(7)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

/// What a process keeps. Whatever it has open stays open.
struct Reach {
    std::vector<std::string> log_files;        ///< may be appended to, and made anew once rotated away
    std::vector<std::uint16_t> connect_ports;  ///< of TCP; paths of sockets are not restricted
};

/// The version of Landlock's interface in this kernel; 0 = it has none, or whoever runs us forbids it.
int landlock_version();

/// Leaves this process `reach` and no other file or TCP port, as far as the kernel's version goes; with
/// version 0 nothing happens. Needs no_new_privs. False with errno set when the kernel refuses.
bool restrict_to(const Reach& reach);

}  // namespace baton
