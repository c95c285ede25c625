#include "upgrade/run_master.h"

#include "upgrade/master.h"

#include <sys/prctl.h>
#include <sysexits.h>

#include <cstdio>

namespace baton::upgrade {

int run_master(const RunOptions& options, ServiceFactory factory) {
    ensure_standard_streams();
    MasterStart start;
    start.options = options;
    start.factory = factory;
    start.inheritance = take_inheritance();
    start.watchdog_interval = take_watchdog_interval(
        start.inheritance.from_predecessor() ? WatchdogMeans::whole_lineage : WatchdogMeans::this_process);
    start.first_start = FirstStart::capture(options.arguments);
    start.service_manager = ServiceManager::from_environment();
    ignore_signals({SIGPIPE});
    ::prctl(PR_SET_NAME, "baton");  // after fexecve it would be the number of a descriptor

    ChildReaper reaper;
    auto loop = EventLoop::create();
    if (!loop) {
        std::fprintf(stderr, "baton: cannot make an event loop\n");
        return EX_OSERR;
    }
    Master master(**loop, reaper, std::move(start));
    return master.run();
}

}  // namespace baton::upgrade
