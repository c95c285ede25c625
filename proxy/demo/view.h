/// What there is to show of a running or finished demo, as text: a table for a terminal, lines for a file,
/// JSON.
#pragma once

#include "proxy/demo/generation_watch.h"
#include "proxy/demo/statistics.h"

#include <cstdint>
#include <string>
#include <vector>

namespace baton::demo {

/// A snapshot of everything that is shown. Borrows what it points to.
struct View {
    std::string_view url;
    std::string_view doing;  ///< `opening connections`, `under load`, …
    Duration elapsed{0};     ///< of the load
    Duration duration{0};
    double requests_per_second = 0;
    const Statistics& statistics;
    const std::vector<Generation>& generations;
    std::uint32_t upgrades_wanted = 0;
    std::uint32_t upgrades_done = 0;
    bool upgrade_under_way = false;
    const std::vector<Duration>& upgrades_took;
    /// Long-lived connections at the end of the load, before the clients closed them.
    std::uint64_t websockets_alive = 0;
    std::uint64_t streams_alive = 0;
    std::string log_tail;  ///< of the proxy, when something went wrong
};

enum class Colours : std::uint8_t { none, ansi };

/// The live table: lines of at most 78 columns without their ends. Always the same number of lines for the
/// same number of generations, at most `generations_shown` of which have a line of their own.
std::vector<std::string> render_table(const View& view, Colours colours);
inline constexpr std::size_t generations_shown = 6;

/// One line of progress, without its end.
std::string render_line(const View& view);

/// The incidents in detail, and how many more there were; empty when there were none.
std::string render_incidents(const Statistics& statistics);

/// Everything asked for happened and nothing failed.
bool is_success(const View& view);

/// The result as one JSON object on one line, with its end.
std::string render_json(const View& view);

/// `1 234 567`.
std::string grouped(std::uint64_t number);

}  // namespace baton::demo
