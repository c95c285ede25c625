#include "upgrade/listener_set.h"

#include "server/log/log.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace baton::upgrade {
namespace {

/// A kernel-chosen port matches a request for port 0 of the same host: it was given for that.
bool matches_any_port(const InheritedSocket& socket, const ListenerRequest& request) {
    return socket.name == any_port_name && request.address.is_ip() && request.address.port() == 0 &&
           socket.address.family() == request.address.family() &&
           socket.address.host() == request.address.host();
}

bool matches(const InheritedSocket& socket, const ListenerRequest& request) {
    if (!request.inherited_name.empty()) return socket.name == request.inherited_name;
    if (socket.address.family() == AF_INET6 && socket.ipv6_only != request.ipv6_only) return false;
    return socket.address == request.address || matches_any_port(socket, request);
}

/// `:443` on a machine without IPv6 was bound to all of IPv4.
bool matches_ipv4_instead(const InheritedSocket& socket, const ListenerRequest& request) {
    return request.inherited_name.empty() && request.address.family() == AF_INET6 && !request.ipv6_only &&
           request.address == Address::any_ipv6(request.address.port()) &&
           socket.address == *Address::ip("0.0.0.0", request.address.port());
}

int exit_code_of(Reason reason) {
    if (reason == Reason::permission) return EX_NOPERM;
    return reason == Reason::out_of_descriptors || reason == Reason::out_of_memory ? EX_OSERR
                                                                                   : EX_UNAVAILABLE;
}

void remove_path(const Address& address, const std::string& name) {
    // systemd made the path of a socket with any other name.
    if (address.family() != AF_UNIX || name != listener_name) return;
    const std::string text = address.to_string();
    ::unlink(text.substr(text.find(':') + 1).c_str());
}

}  // namespace

tl::expected<ListenerSet, ListenTrouble> ListenerSet::take(const config::Config& config,
                                                           std::vector<InheritedSocket> available) {
    ListenerSet set;
    for (const auto& request : listener_requests(config)) {
        std::uint32_t count = 0;  // of one address
        for (auto& socket : available) {
            if (!socket.socket || !(matches(socket, request) || matches_ipv4_instead(socket, request)))
                continue;
            const bool another_address =
                count > 0 && !(socket.reuseport && socket.address == set.entries_.back().listening.address);
            // Two listeners on port 0 of one host have a socket each: only a SO_REUSEPORT set is one
            // listener's, and what has the name that it asks for.
            if (another_address && request.inherited_name.empty()) break;
            if (another_address) set.set_size_of_last(std::exchange(count, 0));
            set.adopt(std::move(socket), request, count++);
        }
        if (count > 0) {
            set.set_size_of_last(count);
            continue;
        }
        if (!request.inherited_name.empty())
            return tl::unexpected(ListenTrouble{
                EX_CONFIG,
                "listener " + request.text + ": no socket of this name was passed (LISTEN_FDNAMES)"});
        if (auto bound = set.bind(request, std::max(1U, config.process.workers)); !bound)
            return tl::unexpected(bound.error());
    }
    for (auto& socket : available) {
        if (socket.socket) set.removed_.push_back(std::move(socket));
    }
    return set;
}

void ListenerSet::adopt(InheritedSocket socket, const ListenerRequest& request, std::uint32_t index) {
    Entry entry;
    entry.listening.address = socket.address;
    entry.listening.socket = std::move(socket.socket);
    entry.listening.listener = request.settings->name;
    entry.listening.reuseport_index = index;
    entry.listening.reuseport = socket.reuseport;
    entry.listening.name = std::move(socket.name);
    entry.ipv6_only = socket.ipv6_only;
    entry.inherited = true;
    entry.settings = request.settings;
    entries_.push_back(std::move(entry));
}

tl::expected<void, ListenTrouble> ListenerSet::bind(const ListenerRequest& request, std::uint32_t workers) {
    const bool reuseport = request.settings->reuseport && request.address.is_ip();
    ListenerRequest next = request;
    const std::uint32_t count = reuseport ? workers : 1;
    for (std::uint32_t index = 0; index < count; ++index) {
        auto bound = bind_listener(next, index);
        if (!bound)
            return tl::unexpected(ListenTrouble{
                exit_code_of(bound.error().reason),
                "cannot listen on " + request.text + ": " + std::strerror(bound.error().os_error)});
        Entry entry;
        entry.ipv6_only = bound->address.family() == AF_INET6 && request.ipv6_only;
        next.address =
            bound->address;  // the rest of the set has the port that the kernel chose for the first
        entry.listening = std::move(*bound);
        entry.listening.name =
            request.address.is_ip() && request.address.port() == 0 ? any_port_name : listener_name;
        entry.settings = request.settings;
        entries_.push_back(std::move(entry));
    }
    set_size_of_last(count);
    return {};
}

void ListenerSet::set_size_of_last(std::uint32_t count) {
    for (auto entry = entries_.end() - count; entry != entries_.end(); ++entry) entry->set_size = count;
}

void ListenerSet::commit() {
    for (auto& entry : entries_) {
        if (!std::exchange(entry.inherited, false)) continue;
        if (auto applied = apply_listener_options(entry.listening, *entry.settings); !applied)
            log::warn("listener.options_not_applied")
                .with("address", entry.listening.address.to_string())
                .with("error", applied.error());
    }
    for (auto& socket : removed_) {
        log::info("listener.removed").with("address", socket.address.to_string());
        remove_path(socket.address, socket.name);
    }
    removed_.clear();
}

void ListenerSet::close_for_good() {
    for (auto& entry : entries_) remove_path(entry.listening.address, entry.listening.name);
    entries_.clear();
    removed_.clear();
}

std::vector<InheritedSocket> ListenerSet::copies() const {
    std::vector<InheritedSocket> result;
    for (const auto& entry : entries_) {
        InheritedSocket copy;
        copy.socket = entry.listening.socket.duplicate();
        copy.name = entry.listening.name;
        copy.address = entry.listening.address;
        copy.ipv6_only = entry.ipv6_only;
        copy.reuseport = entry.listening.reuseport;
        if (copy.socket) result.push_back(std::move(copy));
    }
    return result;
}

std::vector<PassedDescriptor> ListenerSet::to_pass() const {
    std::vector<PassedDescriptor> result;
    for (const auto& entry : entries_) result.push_back({entry.listening.name, entry.listening.socket.get()});
    return result;
}

std::vector<PassedDescriptor> ListenerSet::to_store() const {
    std::vector<PassedDescriptor> result;
    for (const auto& entry : entries_) {
        auto name = stored_name(entry.listening.name, entry.listening.address);
        if (!name.empty()) result.push_back({std::move(name), entry.listening.socket.get()});
    }
    return result;
}

std::vector<ListeningSocket> ListenerSet::give_to_worker(std::uint32_t index, std::uint32_t workers) {
    std::vector<ListeningSocket> result;
    for (auto& entry : entries_) {
        const auto in_set = entry.listening.reuseport_index;
        // A set larger than the number of workers goes round: each socket has a worker. Of a smaller one,
        // some sockets have several workers.
        const bool mine =
            entry.set_size >= workers ? in_set % workers == index : index % entry.set_size == in_set;
        if (mine || entry.set_size == 1) result.push_back(std::move(entry.listening));
    }
    return result;
}

std::vector<std::string> ListenerSet::unused() const {
    std::vector<std::string> result;
    for (const auto& socket : removed_)
        result.push_back(socket.name + " (" + socket.address.to_string() + ")");
    return result;
}

}  // namespace baton::upgrade
