#include "server/admin/progress/lineage_view.h"

#include "server/log/json_value.h"

#include <algorithm>

namespace baton::admin {
namespace {

Duration milliseconds(const JsonValue& value) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(value.number()));
}

GenerationView generation_of(const JsonValue& json) {
    GenerationView view;
    view.number = static_cast<std::uint32_t>(json["generation"].count());
    view.version = json["version"].text();
    view.state = json["state"].text();
    view.config_hash = json["config_hash"].text();
    view.master_pid = json["master_pid"].count();
    view.workers = json["workers"].items().size();
    for (const auto& worker : json["workers"].items())
        if (worker["state"].text() != "starting") ++view.ready_workers;
    const auto& open = json["connections"];
    view.event_streams = open["event_streams"].count();
    view.http1 = open["connections"].count() - std::min(view.event_streams, open["connections"].count());
    view.websockets = open["websockets"].count();
    view.tunnels = open["tunnels"].count();
    const auto& moved = json["moved"];
    view.moved = moved["out"].count();
    view.refused = moved["refused"].count();
    view.closed = moved["closed"].count();
    view.drained = moved["drained"].count();
    if (json.has("closes_in_ms")) view.closes_in = milliseconds(json["closes_in_ms"]);
    view.close_spread = milliseconds(json["close_spread_ms"]);
    return view;
}

TrialView::Figures figures_of(const JsonValue& json) {
    return {static_cast<std::uint32_t>(json["generation"].count()), json["requests"].count(),
            json["responses_5xx"].count(), json["p99_ms"].number()};
}

TrialView trial_of(const JsonValue& json) {
    TrialView trial;
    trial.phase = json["phase"].text();
    trial.share_percent = json["share_percent"].number();
    if (json.has("ends_in_ms")) trial.left = milliseconds(json["ends_in_ms"]);
    trial.predecessor = figures_of(json["predecessor"]);
    trial.successor = figures_of(json["successor"]);
    return trial;
}

}  // namespace

const GenerationView* LineageView::find(std::uint32_t number) const {
    const auto found = std::ranges::find(generations, number, &GenerationView::number);
    return found == generations.end() ? nullptr : &*found;
}

const GenerationView* LineageView::serving() const {
    const auto found = std::ranges::find(generations, "serving", &GenerationView::state);
    return found == generations.end() ? nullptr : &*found;
}

std::optional<LineageView> read_lineage(std::string_view json) {
    const auto status = JsonValue::parse(json);
    if (!status || !status->has("generations")) return std::nullopt;
    LineageView view;
    view.version = (*status)["version"].text();
    view.phase = (*status)["upgrade"].text();
    view.certificates = (*status)["certificates"].items().size();
    const auto& totals = (*status)["totals"];
    view.moved = totals["connections_moved_out"].count();
    view.refused = totals["connections_move_refused"].count();
    view.closed = totals["drain_closed"].count();
    view.drained = (*status)["replacements"]["connections_drained"].count();
    view.responses_5xx = totals["responses_5xx"].count();
    view.upstream_failures = totals["upstream_failures"].count();
    for (const auto& generation : (*status)["generations"].items())
        view.generations.push_back(generation_of(generation));
    std::ranges::sort(view.generations, std::greater{}, &GenerationView::number);
    if (status->has("trial")) view.trial = trial_of((*status)["trial"]);
    return view;
}

}  // namespace baton::admin
