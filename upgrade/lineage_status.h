/// The state of the whole lineage as the shared memory tells it, for `baton status`.
#pragma once

#include "server/admin/orders.h"
#include "server/shared/lineage_memory.h"
#include "server/tls/certificate_keeper.h"

#include <string>
#include <vector>

namespace baton::upgrade {

/// What the memory does not say.
struct StatusContext {
    std::string config_file;
    std::string upgrade_phase;
    TimePoint now;
    WallTime wall;
    std::vector<tls::CertificateStatus> certificates{};  ///< of the serving generation
};

/// One screen of text, and one JSON object with everything.
admin::Verdict render_status(shared::LineageMemory& memory, const StatusContext& context);

/// One line for a service manager: `generation 8 serves, generation 7 drains 4711 connections`.
std::string status_line(shared::LineageMemory& memory);

}  // namespace baton::upgrade
