#include "proxy/demo/view.h"

#include <algorithm>
#include <cstdio>

namespace baton::demo {

namespace {

constexpr const char* bold = "\x1b[1m";
constexpr const char* red = "\x1b[1;31m";
constexpr const char* green = "\x1b[32m";
constexpr const char* faint = "\x1b[2m";
constexpr const char* plain = "\x1b[0m";

class Painter {
public:
    explicit Painter(Colours colours) : colours_(colours) {}
    std::string paint(const char* colour, const std::string& text) const {
        return colours_ == Colours::none ? text : colour + text + plain;
    }
    /// A count that should be zero: red when it is not.
    std::string bad(std::uint64_t count, const char* word) const {
        return paint(count == 0 ? green : red, grouped(count) + " " + word);
    }

private:
    Colours colours_;
};

std::string padded(const std::string& text, std::size_t width) {
    return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string in_milliseconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", std::chrono::duration<double, std::milli>(duration).count());
    return text;
}

std::string in_seconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f s", std::chrono::duration<double>(duration).count());
    return text;
}

std::string whole_seconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

std::string latency(const Statistics& statistics) {
    return "p50 " + in_milliseconds(statistics.latency().percentile(0.5)) + "   p99 " +
           in_milliseconds(statistics.latency().percentile(0.99));
}

std::string lasting_line(const char* name, const Lasting& lasting, std::uint64_t alive, const char* messages,
                         const Painter& painter) {
    return padded(name, 15) + padded(grouped(alive), 11) + " of " + grouped(lasting.wanted) + " alive   " +
           padded(grouped(lasting.messages), 9) + " " + messages + "   " +
           painter.bad(lasting.dropped, "dropped");
}

std::string upgrades_line(const View& view, const Painter& painter) {
    std::string line = padded("upgrades", 15) + padded(std::to_string(view.upgrades_done), 11) + " of " +
                       std::to_string(view.upgrades_wanted) + " done";
    if (view.upgrade_under_way) return line + painter.paint(bold, "   one is under way");
    if (!view.upgrades_took.empty()) line += "   the last took " + in_seconds(view.upgrades_took.back());
    return line;
}

std::string generation_line(const Generation& generation, const Painter& painter) {
    const std::string line = padded("generation " + std::to_string(generation.number), 15) + "   pid " +
                             padded(std::to_string(generation.master), 7) + "   " +
                             std::string(to_string(generation.state));
    switch (generation.state) {
        case GenerationState::serving: return painter.paint(bold, line);
        case GenerationState::draining: return line;
        case GenerationState::gone: return painter.paint(faint, line);
    }
    return line;
}

}  // namespace

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ' ');
    return digits;
}

std::vector<std::string> render_table(const View& view, Colours colours) {
    const Painter painter(colours);
    const Statistics& seen = view.statistics;
    std::vector<std::string> lines;
    lines.push_back(painter.paint(bold, "baton demo") + "   " + std::string(view.url) + "   " +
                    std::string(view.doing) + "   " + whole_seconds(view.elapsed) + " of " +
                    whole_seconds(view.duration));
    lines.emplace_back();
    lines.push_back(padded("requests", 15) + padded(grouped(seen.requests()), 11) +
                    padded(grouped(static_cast<std::uint64_t>(view.requests_per_second)), 9) + "/s   " +
                    painter.bad(seen.failed(), "failed") + "   " + latency(seen));
    lines.push_back(
        lasting_line("WebSockets", seen.lasting(Load::websocket), view.websockets_alive, "echoes", painter));
    lines.push_back(lasting_line("event streams", seen.lasting(Load::event_stream), view.streams_alive,
                                 "events", painter));
    lines.push_back(upgrades_line(view, painter));
    lines.emplace_back();
    const auto& generations = view.generations;
    const std::size_t hidden = generations.size() - std::min(generations.size(), generations_shown);
    for (std::size_t i = hidden; i < generations.size(); ++i)
        lines.push_back(generation_line(generations[i], painter));
    return lines;
}

std::string render_line(const View& view) {
    const Statistics& seen = view.statistics;
    const Lasting& websockets = seen.lasting(Load::websocket);
    const Lasting& streams = seen.lasting(Load::event_stream);
    std::string line =
        whole_seconds(view.elapsed) + "  " + grouped(seen.requests()) + " requests, " +
        grouped(seen.failed()) + " failed, " + latency(seen) + "; WebSockets " +
        std::to_string(view.websockets_alive) + "/" + std::to_string(websockets.wanted) + ", event streams " +
        std::to_string(view.streams_alive) + "/" + std::to_string(streams.wanted) + " alive; upgrades " +
        std::to_string(view.upgrades_done) + "/" + std::to_string(view.upgrades_wanted) + "; masters";
    for (const Generation& generation : view.generations) {
        if (generation.state == GenerationState::gone) continue;
        line += " " + std::to_string(generation.number) + ":" + std::to_string(generation.master);
        if (generation.state == GenerationState::draining) line += "(draining)";
    }
    return line;
}

std::string render_incidents(const Statistics& statistics) {
    std::string text;
    for (const Incident& incident : statistics.incidents()) {
        text += "after " + in_seconds(incident.at) + ": " + incident.who + ": " + incident.what;
        if (!incident.stage.empty()) text += " (" + incident.stage + ")";
        text += '\n';
    }
    const std::uint64_t all = statistics.failed() + statistics.dropped() + statistics.troubles();
    const std::uint64_t told = statistics.incidents().size();
    if (all > told) text += "and " + grouped(all - told) + " more\n";
    return text;
}

bool is_success(const View& view) {
    const Lasting& websockets = view.statistics.lasting(Load::websocket);
    const Lasting& streams = view.statistics.lasting(Load::event_stream);
    return view.statistics.clean() && view.upgrades_done == view.upgrades_wanted &&
           websockets.opened == websockets.wanted && streams.opened == streams.wanted &&
           view.statistics.requests() > 0;
}

}  // namespace baton::demo
