#include "proxy/demo/view.h"
#include "server/log/json_writer.h"

#include <array>

namespace baton::demo {

namespace {

void write_lasting(JsonWriter& json, const char* name, const Lasting& lasting, std::uint64_t alive) {
    json.key(name).begin_object();
    json.key("wanted").value(lasting.wanted);
    json.key("opened").value(lasting.opened);
    json.key("alive").value(alive);
    json.key("dropped").value(lasting.dropped);
    json.key("messages").value(lasting.messages);
    json.end_object();
}

void write_requests(JsonWriter& json, const Statistics& statistics) {
    json.key("requests").value(statistics.requests());
    json.key("failed").value(statistics.failed());
    json.key("by_client").begin_object();
    json.key("keep_alive").value(statistics.requests(Load::keep_alive));
    json.key("new_connection").value(statistics.requests(Load::new_connection));
    json.key("upload").value(statistics.requests(Load::upload));
    json.end_object();
    const Latency& latency = statistics.latency();
    json.key("latency_ms").begin_object();
    json.key("p50").milliseconds(latency.percentile(0.5).count());
    json.key("p99").milliseconds(latency.percentile(0.99).count());
    json.key("longest").milliseconds(latency.longest().count());
    json.end_object();
}

void write_upgrades(JsonWriter& json, const View& view) {
    json.key("upgrades").begin_object();
    json.key("wanted").value(view.upgrades_wanted);
    json.key("done").value(view.upgrades_done);
    json.key("took_ms").begin_array();
    for (const Duration took : view.upgrades_took) json.milliseconds(took.count());
    json.end_array().end_object();
    json.key("generations").begin_array();
    for (const Generation& generation : view.generations) {
        json.begin_object();
        json.key("generation").value(generation.number);
        json.key("master_pid").value(static_cast<std::int64_t>(generation.master));
        json.key("state").value(to_string(generation.state));
        json.end_object();
    }
    json.end_array();
}

void write_incidents(JsonWriter& json, const Statistics& statistics) {
    json.key("incidents").begin_array();
    for (const Incident& incident : statistics.incidents()) {
        json.begin_object();
        json.key("after_ms").milliseconds(incident.at.count());
        json.key("load").value(to_string(incident.load));
        json.key("who").value(incident.who);
        json.key("what").value(incident.what);
        json.key("stage").value(incident.stage);
        json.end_object();
    }
    json.end_array();
}

}  // namespace

std::string render_json(const View& view) {
    std::array<char, 64 * 1024> text;
    JsonWriter json(text.data(), text.size());
    json.begin_object();
    json.key("ok").value(is_success(view));
    json.key("url").value(view.url);
    json.key("seconds").value(
        static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::seconds>(view.elapsed).count()));
    write_requests(json, view.statistics);
    write_lasting(json, "websockets", view.statistics.lasting(Load::websocket), view.websockets_alive);
    write_lasting(json, "event_streams", view.statistics.lasting(Load::event_stream), view.streams_alive);
    write_upgrades(json, view);
    write_incidents(json, view.statistics);
    if (!view.log_tail.empty()) json.key("log_tail").value(view.log_tail);
    json.end_object();
    return std::string(json.text()) + "\n";
}

}  // namespace baton::demo
