#include "server/process/privileges.h"

#include "server/process/strict_sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace baton {
namespace {

/// Without libcap: two headers' worth of structs and one system call.
bool clear_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct nothing[_LINUX_CAPABILITY_U32S_3]{};
    return ::syscall(SYS_capset, &header, nothing) == 0;
}

/// Fails silently without CAP_SETPCAP: whoever lacks it has nothing in the set worth keeping out.
void empty_bounding_set() {
    for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

}  // namespace

tl::expected<Privileges, std::string> decide_privileges(const config::Process& process) {
    Privileges privileges;
    privileges.sandbox = possible_sandbox(process.sandbox);
    if (::geteuid() != 0) return privileges;

    const passwd* user = ::getpwnam(process.user ? process.user->c_str() : "baton");
    if (user == nullptr && !process.user) user = ::getpwnam("nobody");
    if (user == nullptr)
        return tl::unexpected("process.user: there is no user `" + process.user.value_or("nobody") + "`");
    Privileges::Identity identity{user->pw_uid, user->pw_gid};
    if (process.group) {
        const ::group* const group = ::getgrnam(process.group->c_str());
        if (group == nullptr)
            return tl::unexpected("process.group: there is no group `" + *process.group + "`");
        identity.group = group->gr_gid;
    }
    if (identity.user != 0 || identity.group != 0) privileges.identity = identity;
    return privileges;
}

bool drop_privileges(const Privileges& privileges) {
    const bool sandboxed = privileges.sandbox != config::Sandbox::off;
    if (sandboxed) empty_bounding_set();
    if (privileges.identity) {
        const auto [user, group] = *privileges.identity;
        if (::setgroups(0, nullptr) != 0 || ::setresgid(group, group, group) != 0 ||
            ::setresuid(user, user, user) != 0)
            return false;
    }
    if (!sandboxed) return true;
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!clear_capabilities()) return false;
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

}  // namespace baton
