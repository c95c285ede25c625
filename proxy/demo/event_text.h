/// The numbered events of the demo's event streams, as both ends write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::demo {

/// `id: N`, `data: event N` and an empty line. Numbers begin with 1.
std::string make_event(std::uint64_t number);
/// The number of a whole event; 0 when it is not exactly what `make_event` writes.
std::uint64_t number_of_event(std::string_view event);

}  // namespace baton::demo
