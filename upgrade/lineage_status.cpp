#include "upgrade/lineage_status.h"

#include "server/log/duration_words.h"
#include "server/log/json_writer.h"
#include "server/shared/metric_names.h"
#include "server/version.h"
#include "upgrade/certificate_lines.h"
#include "upgrade/replacement_lines.h"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace baton::upgrade {
namespace {

using shared::Counter;
using shared::Gauge;
using shared::GenerationState;
using shared::WorkerState;

constexpr std::size_t gauge_count = static_cast<std::size_t>(Gauge::count_);
constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count_);

std::string_view to_string(GenerationState state) {
    switch (state) {
        case GenerationState::free: return "free";
        case GenerationState::starting: return "starting";
        case GenerationState::serving: return "serving";
        case GenerationState::draining: return "draining";
        case GenerationState::closing: return "closing";
        case GenerationState::standing_by: return "standing_by";
    }
    return "unknown";
}

std::string_view to_string(WorkerState state) {
    switch (state) {
        case WorkerState::starting: return "starting";
        case WorkerState::ready: return "ready";
        case WorkerState::accepting: return "accepting";
        case WorkerState::draining: return "draining";
    }
    return "unknown";
}

struct WorkerView {
    const shared::WorkerSlot* slot;
    std::int32_t pid;
    std::uint32_t index;
    WorkerState state;
};

/// How many connections a generation got and lost by hand-overs, and what became of the others in its drain.
struct Moves {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    std::uint64_t refused = 0;
    std::uint64_t closed = 0;
    std::uint64_t drained = 0;  ///< ended by themselves
};

struct GenerationView {
    const shared::GenerationSlot* slot;
    std::uint32_t number;
    GenerationState state;
    std::int32_t master;
    std::int64_t deadline;
    std::vector<WorkerView> workers;
    std::array<std::int64_t, gauge_count> gauges{};
    Moves moves;

    std::int64_t gauge(Gauge gauge) const { return gauges[static_cast<std::size_t>(gauge)]; }
};

Moves moves_of(const shared::GenerationSlot& slot, const shared::LineageMemory& memory) {
    return {memory.total(Counter::connections_moved_in, slot),
            memory.total(Counter::connections_moved_out, slot),
            memory.total(Counter::connections_move_refused, slot), memory.total(Counter::drain_closed, slot),
            memory.drained_connections(slot)};
}

/// The living generations, the youngest first.
std::vector<GenerationView> look_at(shared::LineageMemory& memory) {
    std::vector<GenerationView> views;
    for (const auto& slot : memory.generations()) {
        const auto state = slot.state.load(std::memory_order_acquire);
        if (state == GenerationState::free) continue;
        GenerationView view{
            &slot, slot.number.load(), state, slot.master_pid.load(), slot.deadline.load(), {}, {}, {}};
        view.moves = moves_of(slot, memory);
        for (const auto& worker : memory.slots()) {
            const auto pid = worker.pid.load(std::memory_order_acquire);
            if (pid <= 0 || worker.generation.load() != view.number) continue;
            view.workers.push_back({&worker, pid, worker.index.load(), worker.state.load()});
            for (std::size_t i = 0; i < gauge_count; ++i)
                view.gauges[i] += worker.value(static_cast<Gauge>(i));
        }
        std::ranges::sort(view.workers, {}, &WorkerView::index);
        views.push_back(std::move(view));
    }
    std::ranges::sort(views, std::greater{}, &GenerationView::number);
    return views;
}

Duration until(std::int64_t deadline, TimePoint now) {
    return std::max(Duration{0}, TimePoint{Duration{deadline}} - now);
}

enum class Align : std::uint8_t { left, right };
struct Column {
    const char* title;
    std::size_t width;
    Align align;
};
constexpr std::array columns{
    Column{"gen", 4, Align::right},      Column{"version", 12, Align::left},
    Column{"state", 9, Align::left},     Column{"config", 13, Align::left},
    Column{"master", 7, Align::right},   Column{"conns", 7, Align::right},
    Column{"idle", 7, Align::right},     Column{"active", 7, Align::right},
    Column{"ws", 7, Align::right},       Column{"streams", 7, Align::right},
    Column{"moved in", 8, Align::right}, Column{"moved out", 9, Align::right},
    Column{"closes", 9, Align::left},    Column{"workers", 0, Align::left},
};

void append_row(std::string& text, const std::array<std::string, columns.size()>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(columns[i].width - std::min(columns[i].width, cells[i].size()), ' ');
        if (i > 0) text += "  ";
        text += columns[i].align == Align::left ? cells[i] + padding : padding + cells[i];
    }
    text += "\n";
}

/// Nothing where no client speaks TLS.
std::string handshake_line(const shared::LineageMemory& memory, const StatusContext& context) {
    if (context.certificates.empty()) return {};
    const auto total = [&memory](Counter counter) { return std::to_string(memory.total(counter)); };
    return "tls handshakes " + total(Counter::tls_handshakes) + "   resumed " +
           total(Counter::tls_handshakes_resumed) + "   failed " + total(Counter::tls_handshake_failures) +
           "\n";
}

std::string render_text(const std::vector<GenerationView>& views, shared::LineageMemory& memory,
                        const StatusContext& context) {
    const auto total = [&memory](Counter counter) { return std::to_string(memory.total(counter)); };
    const auto uptime = context.wall.time_since_epoch() - Duration{memory.started_at()};
    std::string text = "baton " + std::string(version) + "   up " + in_words(uptime) + "   " +
                       context.config_file + "   upgrade " + context.upgrade_phase + "\nrequests " +
                       total(Counter::requests) + "   connections accepted " +
                       total(Counter::connections_accepted) + "   5xx " + total(Counter::responses_5xx) +
                       "   upstream failures " + total(Counter::upstream_failures) + "\n" +
                       handshake_line(memory, context);
    append_replacements(text, memory, context.now);
    text += "\n";
    std::array<std::string, columns.size()> titles;
    std::ranges::transform(columns, titles.begin(), &Column::title);
    append_row(text, titles);
    for (const auto& view : views) {
        const auto gauge = [&view](Gauge which) { return std::to_string(view.gauge(which)); };
        std::string workers;
        for (const auto& worker : view.workers)
            workers.append(workers.empty() ? "" : " ").append(std::to_string(worker.pid));
        append_row(
            text, {std::to_string(view.number), view.slot->version, std::string(to_string(view.state)),
                   view.slot->config_hash, std::to_string(view.master), gauge(Gauge::connections),
                   gauge(Gauge::idle_connections), gauge(Gauge::requests_in_flight), gauge(Gauge::websockets),
                   gauge(Gauge::event_streams), std::to_string(view.moves.in), std::to_string(view.moves.out),
                   view.deadline == 0 ? "-" : "in " + in_words(until(view.deadline, context.now)), workers});
    }
    append_certificates(text, context.certificates, context.wall);
    return text;
}

template <class ValueOf>
void write_gauges(JsonWriter& json, ValueOf value_of) {
    for (std::size_t i = 0; i < gauge_count; ++i) {
        const auto gauge = static_cast<Gauge>(i);
        json.key(shared::name_of(gauge)).value(value_of(gauge));
    }
}

void write_generation(JsonWriter& json, const GenerationView& view, TimePoint now) {
    json.begin_object();
    json.key("generation").value(view.number);
    json.key("version").value(view.slot->version);
    json.key("state").value(to_string(view.state));
    json.key("config_hash").value(view.slot->config_hash);
    json.key("master_pid").value(view.master);
    json.key("started_at").value(view.slot->started_at.load() / 1'000'000'000);
    if (view.deadline != 0) {
        json.key("closes_in_ms").milliseconds(until(view.deadline, now).count());
        json.key("close_spread_ms").milliseconds(view.slot->close_spread.load());
        json.key("drains_for_ms")
            .milliseconds((now - TimePoint{Duration{view.slot->drain_began.load()}}).count());
    }
    json.key("worker_pids").begin_array();
    for (const auto& worker : view.workers) json.value(worker.pid);
    json.end_array();
    json.key("connections").begin_object();
    write_gauges(json, [&view](Gauge gauge) { return view.gauge(gauge); });
    json.end_object();
    json.key("moved").begin_object();
    json.key("in").value(view.moves.in);
    json.key("out").value(view.moves.out);
    json.key("refused").value(view.moves.refused);
    json.key("left").value(view.gauge(Gauge::connections) + view.gauge(Gauge::websockets) +
                           view.gauge(Gauge::tunnels));
    json.key("closed").value(view.moves.closed);
    json.key("drained").value(view.moves.drained);
    json.end_object();
    json.key("workers").begin_array();
    for (const auto& worker : view.workers) {
        json.begin_object();
        json.key("worker")
            .value(worker.index)
            .key("pid")
            .value(worker.pid)
            .key("state")
            .value(to_string(worker.state));
        write_gauges(json, [&worker](Gauge gauge) { return worker.slot->value(gauge); });
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

std::string render_json(const std::vector<GenerationView>& views, shared::LineageMemory& memory,
                        const StatusContext& context) {
    std::size_t size = 8 * 1024 + replacements_json_size + json_size(context.certificates);
    for (const auto& view : views) size += 2048 + 1024 * view.workers.size();
    const auto buffer = std::make_unique_for_overwrite<char[]>(size);
    JsonWriter json(buffer.get(), size);
    json.begin_object();
    json.key("version").value(version);
    json.key("commit").value(commit);
    json.key("config_file").value(context.config_file);
    json.key("started_at").value(memory.started_at() / 1'000'000'000);
    json.key("upgrade").value(context.upgrade_phase);
    write_replacements(json, memory, context.now);
    json.key("generations").begin_array();
    for (const auto& view : views) write_generation(json, view, context.now);
    json.end_array();
    if (!context.certificates.empty()) write_certificates(json, context.certificates, context.wall);
    json.key("totals").begin_object();
    for (std::size_t i = 0; i < counter_count; ++i) {
        const auto counter = static_cast<Counter>(i);
        json.key(shared::name_of(counter)).value(memory.total(counter));
    }
    write_gauges(json, [&memory](Gauge gauge) { return memory.total(gauge); });
    json.end_object();
    json.end_object();
    return std::string(json.text());
}

}  // namespace

admin::Verdict render_status(shared::LineageMemory& memory, const StatusContext& context) {
    const auto views = look_at(memory);
    return {0, render_text(views, memory, context), render_json(views, memory, context)};
}

std::string status_line(shared::LineageMemory& memory) {
    std::string line;
    for (const auto& view : look_at(memory)) {
        line += (line.empty() ? "generation " : ", generation ") + std::to_string(view.number) + " " +
                std::string(to_string(view.state)) + " " + std::to_string(view.gauge(Gauge::connections)) +
                " connections";
    }
    return line;
}

}  // namespace baton::upgrade
