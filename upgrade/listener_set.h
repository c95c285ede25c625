/// The listening sockets of one generation: those it got from another one or from systemd, and those it bound
/// itself.
#pragma once

#include "server/net/listener.h"
#include "upgrade/inherit.h"
#include "upgrade/spawn.h"

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace baton::upgrade {

/// Why a configured address cannot be listened on.
struct ListenTrouble {
    int exit_code;  ///< sysexits
    std::string text;
};

/// Until `commit` nothing about an inherited socket changes: another generation still serves with it, and the
/// way back is to drop this set.
class ListenerSet {
public:
    /// Finds each address of the configuration among `available`, all of a name (`fd:NAME`) or by family,
    /// address and v6only, and binds those that are missing. All sockets of a SO_REUSEPORT set are taken,
    /// however few the workers: connections that wait in one would be lost with it. For a new set as many are
    /// bound as there are workers.
    ///
    /// What nobody asks for stays open until `commit`. On failure the sockets bound so far are closed.
    static tl::expected<ListenerSet, ListenTrouble> take(const config::Config& config,
                                                         std::vector<InheritedSocket> available);

    /// From now on this set serves: options and backlog of the configuration are applied to inherited
    /// sockets, sockets of removed listeners are closed and their UNIX paths removed.
    void commit();
    /// Nothing serves any more: closes everything and removes the UNIX paths that a master of ours made.
    void close_for_good();

    /// Copies for another generation of this process.
    std::vector<InheritedSocket> copies() const;
    /// Names and numbers for another process, in the order in which they are to be inherited.
    std::vector<PassedDescriptor> to_pass() const;
    /// The same for a service manager to keep, without those that it has passed itself.
    std::vector<PassedDescriptor> to_store() const;
    /// The sockets that the worker of this index accepts from, taken out of the set: only in a forked child.
    std::vector<ListeningSocket> give_to_worker(std::uint32_t index, std::uint32_t workers);
    /// Lines about sockets that were passed to us and that nobody asks for.
    std::vector<std::string> unused() const;
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        ListeningSocket listening;
        bool ipv6_only = false;
        bool inherited = false;
        const config::Listener* settings = nullptr;
        std::uint32_t set_size = 1;  ///< of its SO_REUSEPORT set
    };
    void adopt(InheritedSocket socket, const ListenerRequest& request, std::uint32_t index);
    tl::expected<void, ListenTrouble> bind(const ListenerRequest& request, std::uint32_t workers);
    void set_size_of_last(std::uint32_t count);

    std::vector<Entry> entries_;
    std::vector<InheritedSocket> removed_;
};

}  // namespace baton::upgrade
