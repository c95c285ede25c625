#include "upgrade/inherit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace baton::upgrade {
namespace {

std::optional<unsigned long> number(std::optional<std::string_view> text) {
    unsigned long value = 0;
    if (!text || text->empty()) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return value;
}

std::optional<int> option(int descriptor, int level, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    if (::getsockopt(descriptor, level, name, &value, &length) != 0) return std::nullopt;
    return value;
}

std::optional<std::string_view> variable(const char* name) {
    const char* const value = ::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

/// Removes the variable and its text: /proc/PID/environ of this process and of its workers is then that of
/// the first start, and no worker shows the descriptors of its master.
void erase_variable(const char* name) {
    if (char* const value = ::getenv(name)) {
        ::unsetenv(name);
        std::memset(value, 0, std::strlen(value));
        char* const start = value - std::strlen(name) - 1;
        std::memset(start, 0, std::strlen(name) + 1);
    }
}

bool is_sequenced_socket(int descriptor) {
    return option(descriptor, SOL_SOCKET, SO_TYPE) == SOCK_SEQPACKET &&
           option(descriptor, SOL_SOCKET, SO_DOMAIN) == AF_UNIX;
}

bool is_regular_file(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/// Follows the name proper in that of a listener which a service manager keeps.
constexpr char before_address = '@';

/// Of a name as announced, what tells the kind; the address is the socket's own.
std::string_view without_address(std::string_view name) {
    const auto kind = name.substr(0, name.find(before_address));
    return kind == listener_name || kind == any_port_name ? kind : name;
}

/// A path that has been removed since leads nobody to its socket. IP addresses are always there.
bool can_be_reached(const InheritedSocket& socket) {
    if (socket.address.family() != AF_UNIX) return true;
    const std::string text = socket.address.to_string();
    struct stat status {};
    return ::stat(text.substr(text.find(':') + 1).c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

bool are_same_socket(int one, int other) {
    struct stat first {};
    struct stat second {};
    return ::fstat(one, &first) == 0 && ::fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

bool take_descriptor(Inheritance& into, Fd descriptor, const std::string& name) {
    const auto place = [&descriptor](Fd& at, bool is_right_kind) {
        if (at || !is_right_kind) return false;
        at = std::move(descriptor);
        return true;
    };
    if (name == control_name) return place(into.control, is_sequenced_socket(descriptor.get()));
    if (name == lineage_name) return place(into.lineage, is_sequenced_socket(descriptor.get()));
    if (name == memory_name) return place(into.memory, is_regular_file(descriptor.get()));
    if (name == previous_name) return place(into.previous, is_regular_file(descriptor.get()));
    auto listener = examine_listener(std::move(descriptor), std::string(without_address(name)));
    if (!listener) return false;
    const bool was_kept = listener->name != name;
    auto kept_as = was_kept ? name : stored_name(name, listener->address);
    if (!kept_as.empty()) into.kept.push_back(std::move(kept_as));
    if (was_kept && !can_be_reached(*listener)) return false;
    into.listeners.push_back(std::move(*listener));
    return true;
}

std::string stored_name(std::string_view name, const Address& address) {
    if (name != listener_name && name != any_port_name) return {};
    std::string stored = std::string(name) + before_address + address.to_string();
    std::ranges::replace(stored, ':', '_');  // LISTEN_FDNAMES is separated by colons
    return stored;
}

std::vector<std::string> announced_names(std::optional<std::string_view> listen_pid,
                                         std::optional<std::string_view> listen_fds,
                                         std::optional<std::string_view> listen_names, int pid) {
    const auto meant_for = number(listen_pid);
    const auto count = number(listen_fds);
    if (!meant_for || *meant_for != static_cast<unsigned long>(pid) || !count || *count == 0 ||
        *count > most_inherited_descriptors)
        return {};
    return split_names(listen_names.value_or(""), *count);
}

std::vector<std::string> split_names(std::string_view names, std::size_t count) {
    std::vector<std::string> result;
    while (result.size() < count) {
        const auto name = names.substr(0, names.find(':'));
        result.emplace_back(name.empty() ? "unknown" : name);
        names.remove_prefix(std::min(name.size() + 1, names.size()));
    }
    return result;
}

std::optional<InheritedSocket> examine_listener(Fd descriptor, std::string name) {
    const int fd = descriptor.get();
    if (option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM || option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
        return std::nullopt;
    InheritedSocket socket;
    socket.address = Address::local_of(fd);
    if (!socket.address.is_ip() && socket.address.family() != AF_UNIX) return std::nullopt;
    if (socket.address.family() == AF_INET6)
        socket.ipv6_only = option(fd, IPPROTO_IPV6, IPV6_V6ONLY).value_or(0) != 0;
    if (socket.address.is_ip()) socket.reuseport = option(fd, SOL_SOCKET, SO_REUSEPORT).value_or(0) != 0;
    // systemd's are blocking. The flag is shared with whoever else holds the socket; a predecessor has set it
    // too.
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ((flags & O_NONBLOCK) == 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0))
        return std::nullopt;
    socket.name = std::move(name);
    socket.socket = std::move(descriptor);
    return socket;
}

Inheritance take_inheritance() {
    const auto names = announced_names(variable("LISTEN_PID"), variable("LISTEN_FDS"),
                                       variable("LISTEN_FDNAMES"), ::getpid());
    for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) erase_variable(name);

    Inheritance inheritance;
    int descriptor = first_inherited_descriptor;
    for (const auto& name : names) {
        Fd inherited{descriptor++};
        // Also the proof that the number is open at all.
        if (::fcntl(inherited.get(), F_SETFD, FD_CLOEXEC) != 0) {
            static_cast<void>(inherited.release());
            inheritance.refused.push_back(name + ": there is no descriptor " +
                                          std::to_string(descriptor - 1));
        } else if (!take_descriptor(inheritance, std::move(inherited), name)) {
            inheritance.refused.push_back(name + ": descriptor " + std::to_string(descriptor - 1) +
                                          " is not what its name says");
        }
    }
    if (inheritance.from_predecessor()) ::close_range(static_cast<unsigned>(descriptor), UINT_MAX, 0);
    return inheritance;
}

}  // namespace baton::upgrade
