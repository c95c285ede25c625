#include "upgrade/links.h"

#include "server/shared/lineage_memory.h"

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

void send_links(ControlChannel& line, std::uint32_t generation, std::vector<Fd> of_successor) {
    for (std::size_t first = 0; first < of_successor.size(); first += ControlChannel::most_descriptors) {
        const auto end = std::min(of_successor.size(), first + ControlChannel::most_descriptors);
        std::vector<Fd> some;
        for (std::size_t k = first; k < end; ++k) some.push_back(std::move(of_successor[k]));
        line.send(HandOver{generation, static_cast<std::uint32_t>(first)}, std::move(some));
    }
}

}  // namespace baton::upgrade
