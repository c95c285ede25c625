/// What this process was given at its start: listening sockets from systemd's socket activation or from a
/// predecessor, and from a predecessor also its line to it. One protocol for both: LISTEN_FDS,
/// LISTEN_FDNAMES, LISTEN_PID.
#pragma once

#include "server/event/fd.h"
#include "server/net/address.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::upgrade {

/// The first inherited descriptor (SD_LISTEN_FDS_START).
inline constexpr int first_inherited_descriptor = 3;
/// More descriptors than anybody passes; a larger LISTEN_FDS is nonsense.
inline constexpr std::size_t most_inherited_descriptors = 4096;

// The names under which a predecessor passes what it has. Any other name is systemd's.
inline constexpr std::string_view control_name = "baton-control";    ///< SEQPACKET line to the predecessor
inline constexpr std::string_view memory_name = "baton-memory";      ///< the lineage's shared memory
inline constexpr std::string_view listener_name = "baton-listener";  ///< a listening socket it bound
inline constexpr std::string_view lineage_name = "baton-lineage";    ///< of `upgrade/lineage_socket.h`
/// The file of the predecessor's own program, to go back to.
inline constexpr std::string_view previous_name = "baton-previous";
/// A listening socket whose port the kernel chose: the configuration says port 0.
inline constexpr std::string_view any_port_name = "baton-any-port";

/// The name under which a service manager keeps a listener of ours, so that it can be told which one is gone;
/// empty for one that came from systemd, which has it already. It comes back as `name`.
std::string stored_name(std::string_view name, const Address& address);

/// A listening stream socket that came from outside or from another generation.
struct InheritedSocket {
    Fd socket;
    std::string name;
    Address address;  ///< as bound
    bool ipv6_only = false;
    bool reuseport = false;
};

struct Inheritance {
    std::vector<InheritedSocket> listeners;  ///< in the order they were passed
    Fd control;
    Fd memory;
    Fd lineage;   ///< where orphans of the lineage are found
    Fd previous;  ///< the predecessor's program; an older predecessor passes none
    /// The names under which a service manager may keep listeners: it has passed them, or a predecessor has
    /// given them to it.
    std::vector<std::string> kept;
    /// A line for each descriptor that was not what its name says, or cannot be reached any more; it has been
    /// closed.
    std::vector<std::string> refused;

    bool from_predecessor() const { return static_cast<bool>(control); }
};

/// The names of the descriptors 3, 4, … that the variables announce to the process `pid`; a missing name is
/// `unknown`, as in sd_listen_fds_with_names(3). Nothing when they announce none, are meant for another
/// process, or make no sense.
std::vector<std::string> announced_names(std::optional<std::string_view> listen_pid,
                                         std::optional<std::string_view> listen_fds,
                                         std::optional<std::string_view> listen_names, int pid);

/// The first `count` of names that are separated by colons; a missing one is `unknown`.
std::vector<std::string> split_names(std::string_view names, std::size_t count);

/// What a listening socket is; nothing when the descriptor is no listening stream socket of a known family.
std::optional<InheritedSocket> examine_listener(Fd descriptor, std::string name);

/// Whether two descriptors are of one socket.
bool are_same_socket(int one, int other);

/// Puts one descriptor in its place; false when it is not what its name says, or its place is taken.
bool take_descriptor(Inheritance& into, Fd descriptor, const std::string& name);

/// Takes what the environment announces, checks each descriptor, and removes the variables, their text in
/// /proc/PID/environ included. From a
/// predecessor every descriptor beyond the announced ones is closed: a script between it and us may have left
/// one open.
Inheritance take_inheritance();

}  // namespace baton::upgrade
