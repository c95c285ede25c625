/// Which listeners the service manager keeps for the process after this one, and how it learns of them.
#pragma once

#include "server/process/service_manager.h"
#include "upgrade/listener_set.h"

#include <set>
#include <string>
#include <vector>

namespace baton::upgrade {

class KeptListeners {
public:
    explicit KeptListeners(const ServiceManager& manager) : manager_(manager) {}

    /// What may be in the manager's store when this process starts.
    void assume(const std::vector<std::string>& names) { names_.insert(names.begin(), names.end()); }
    /// From now on the manager keeps these and no others, each of them once.
    void keep(const ListenerSet& listeners);

private:
    const ServiceManager& manager_;
    std::set<std::string> names_;
    bool assumed_ = true;  // otherwise it has been told by this process
};

}  // namespace baton::upgrade
