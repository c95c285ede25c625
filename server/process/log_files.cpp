#include "server/process/log_files.h"

#include "server/event/fd.h"
#include "server/log/log_output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

namespace baton {
tl::expected<void, std::string> prepare_log_files(const config::Logging& logging,
                                                  const Privileges& privileges) {
    for (const std::string* const output : {&logging.output, &logging.access.output}) {
        if (!is_log_file(*output) || (output == &logging.access.output && !logging.access.enabled)) continue;
        const Fd file{::open(output->c_str(), log_file_flags, log_file_mode)};
        if (!file) return tl::unexpected("cannot open the log " + *output + ": " + std::strerror(errno));
        struct stat status {};
        if (!privileges.identity || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
            status.st_nlink != 1 || status.st_uid == privileges.identity->user)
            continue;
        if (::fchown(file.get(), privileges.identity->user, static_cast<gid_t>(-1)) != 0)
            return tl::unexpected("cannot give the log " + *output +
                                  " to the workers: " + std::strerror(errno));
    }
    return {};
}

}  // namespace baton
