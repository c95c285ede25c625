#include "upgrade/links.h"

#include "server/shared/lineage_memory.h"
#include "upgrade/control_channel.h"

#include <algorithm>

namespace baton::upgrade {

Result<Links> make_links(std::uint32_t predecessors_workers, std::uint32_t successors_workers) {
    const auto [fewer, more] = std::minmax(predecessors_workers, successors_workers);
    if (fewer == 0 || more > shared::LineageMemory::max_workers)
        return failure(Reason::limit, Side::internal);
    Links links;
    for (std::uint32_t k = 0; k < more; ++k) {
        auto ends = ControlChannel::make_pair();
        if (!ends) return tl::unexpected(ends.error());
        links.of_predecessor.push_back(std::move(ends->first));
        links.of_successor.push_back(std::move(ends->second));
    }
    return links;
}

}  // namespace baton::upgrade
