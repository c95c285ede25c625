#include "server/process/strict_sandbox.h"

#include "server/log/log.h"
#include "server/log/log_output.h"
#include "server/process/landlock.h"
#include "server/process/system_call_filter.h"
#include "server/tls/digest.h"

#include <time.h>

namespace baton {
namespace {

Reach reach_of_worker(const config::Config& config) {
    Reach reach;
    for (const std::string* const output : {&config.logging.output, &config.logging.access.output})
        if (is_log_file(*output)) reach.log_files.push_back(*output);
    for (const auto& [name, upstream] : config.upstreams)
        for (const config::Endpoint& endpoint : upstream.endpoints)
            if (endpoint.kind == config::Endpoint::Kind::ip_or_name)
                reach.connect_ports.push_back(endpoint.port);
    return reach;
}

}  // namespace

config::Sandbox possible_sandbox(config::Sandbox wanted) {
    if (wanted != config::Sandbox::strict) return wanted;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // It reads /proc, starts a symbolizer and traces itself: a filter that lets this pass forbids nothing.
    log::warn("sandbox.only_basic").with("reason", "this build has a sanitizer");
    return config::Sandbox::basic;
#else
    if (landlock_version() == 0)
        log::warn("sandbox.without_landlock").with("reason", "the kernel has none, or forbids it here");
    return wanted;
#endif
}

bool enter_strict_sandbox(const config::Config& config, int channel) {
    // What reads files when it is used for the first time: the time zone, for syslog, and OpenSSL.
    ::tzset();
    tls::sha1({});
    return restrict_to(reach_of_worker(config)) && allow_only_what_serving_takes(channel);
}

}  // namespace baton
