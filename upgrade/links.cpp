#include "upgrade/links.h"

#include "server/shared/lineage_memory.h"

#include <algorithm>

namespace baton::upgrade {
namespace {

/// One message for every `most_descriptors` links, with the number of its first one.
template <class Message>
void send_in_parts(ControlChannel& line, std::uint32_t generation, std::vector<Fd> ends) {
    for (std::size_t first = 0; first < ends.size(); first += ControlChannel::most_descriptors) {
        const auto end = std::min(ends.size(), first + ControlChannel::most_descriptors);
        std::vector<Fd> some;
        for (std::size_t k = first; k < end; ++k) some.push_back(std::move(ends[k]));
        line.send(Message{generation, static_cast<std::uint32_t>(first)}, std::move(some));
    }
}

}  // namespace

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
    send_in_parts<HandOver>(line, generation, std::move(of_successor));
}

void send_return(ControlChannel& line, std::uint32_t generation, std::vector<Fd> of_predecessor) {
    if (of_predecessor.empty()) return line.send(Return{generation, 0});
    send_in_parts<Return>(line, generation, std::move(of_predecessor));
}

}  // namespace baton::upgrade
