#include "proxy/exchange/access_line.h"
#include "server/log/json_writer.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace baton {
namespace {

/// The fields in the order in which a line has them.
enum class Field : unsigned {
    ts,
    event,
    id,
    trace_id,
    client_ip,
    client_port,
    peer_ip,
    listener,
    protocol,
    method,
    scheme,
    host,
    path,
    query,
    status,
    bytes_in,
    bytes_out,
    duration_ms,
    t_head_ms,
    t_connect_ms,
    t_first_byte_ms,
    t_send_ms,
    matched_host,
    route,
    upstream,
    endpoint,
    upstream_status,
    tries,
    reused,
    end,
    detail,
    ws_close_code,
    ws_close_by,
    ws_messages_in,
    ws_messages_out,
    pings_lost,
    generation,
    worker,
    user_agent,
    referer,
    count_,
};

constexpr std::array<std::string_view, static_cast<std::size_t>(Field::count_)> names{
    "ts",
    "event",
    "id",
    "trace_id",
    "client_ip",
    "client_port",
    "peer_ip",
    "listener",
    "protocol",
    "method",
    "scheme",
    "host",
    "path",
    "query",
    "status",
    "bytes_in",
    "bytes_out",
    "duration_ms",
    "t_head_ms",
    "t_connect_ms",
    "t_first_byte_ms",
    "t_send_ms",
    "matched_host",
    "route",
    "upstream",
    "endpoint",
    "upstream_status",
    "tries",
    "reused",
    "end",
    "detail",
    "ws_close_code",
    "ws_close_by",
    "ws_messages_in",
    "ws_messages_out",
    "pings_lost",
    "generation",
    "worker",
    "user_agent",
    "referer",
};

constexpr std::uint64_t bit(Field field) {
    return std::uint64_t{1} << static_cast<unsigned>(field);
}

/// One line in the making. The field is a template argument so that its key is copied as a constant.
class Line {
public:
    Line(char* out, std::size_t capacity, std::uint64_t kept) : json_(out, capacity), kept_(kept) {
        json_.begin_object();
    }

    template <Field field, class Value>
    void add(Value value) {
        if ((kept_ & bit(field)) != 0) json_.key(names[static_cast<std::size_t>(field)]).value(value);
    }
    template <Field field>
    void add_unless_empty(std::string_view text) {
        if (!text.empty()) add<field>(text);
    }
    /// Nothing when the phase was not reached.
    template <Field field>
    void add_milliseconds(Duration duration) {
        if (duration.count() < 0 || (kept_ & bit(field)) == 0) return;
        json_.key(names[static_cast<std::size_t>(field)]).milliseconds(duration.count());
    }
    std::size_t finish() {
        json_.end_object();
        return json_.size();
    }

private:
    JsonWriter json_;
    std::uint64_t kept_;
};

/// How long each phase took, out of the times from the start: a phase that was skipped counts to the next
/// one.
void add_phases(Line& line, const AccessRecord& record) {
    line.add_milliseconds<Field::duration_ms>(record.total);
    Duration before{0};
    const auto phase = [&](Duration reached) {
        if (reached.count() < 0) return Duration{-1};
        const Duration took = std::max(reached - before, Duration{0});
        before = std::max(reached, before);
        return took;
    };
    line.add_milliseconds<Field::t_head_ms>(phase(record.head));
    line.add_milliseconds<Field::t_connect_ms>(phase(record.connect));
    line.add_milliseconds<Field::t_first_byte_ms>(phase(record.first_byte));
    if (record.first_byte.count() >= 0) line.add_milliseconds<Field::t_send_ms>(phase(record.total));
}

void add_client_and_request(Line& line, const AccessRecord& record) {
    line.add_unless_empty<Field::id>(record.id);
    line.add_unless_empty<Field::trace_id>(record.trace_id);
    line.add_unless_empty<Field::client_ip>(record.client_ip);
    if (record.client_port != 0) line.add<Field::client_port>(unsigned{record.client_port});
    line.add_unless_empty<Field::peer_ip>(record.peer_ip);
    line.add_unless_empty<Field::listener>(record.listener);
    line.add_unless_empty<Field::protocol>(record.protocol);
    line.add_unless_empty<Field::method>(record.method);
    line.add_unless_empty<Field::scheme>(record.scheme);
    line.add_unless_empty<Field::host>(record.host);
    line.add_unless_empty<Field::path>(record.path);
    if (record.has_query) line.add<Field::query>(record.query);
}

void add_upstream(Line& line, const AccessRecord& record) {
    line.add_unless_empty<Field::matched_host>(record.matched_host);
    line.add_unless_empty<Field::route>(record.route);
    if (record.upstream.empty()) return;
    line.add<Field::upstream>(record.upstream);
    line.add_unless_empty<Field::endpoint>(record.endpoint);
    if (record.upstream_status != 0) line.add<Field::upstream_status>(unsigned{record.upstream_status});
    line.add<Field::tries>(unsigned{record.tries});
    line.add<Field::reused>(record.reused);
}

void add_websocket(Line& line, const AccessRecord& record) {
    if (record.close_code != 0) line.add<Field::ws_close_code>(unsigned{record.close_code});
    line.add_unless_empty<Field::ws_close_by>(record.closed_by);
    line.add<Field::ws_messages_in>(record.messages_in);
    line.add<Field::ws_messages_out>(record.messages_out);
    line.add<Field::pings_lost>(record.pings_lost);
}

/// A long text of the client that only in a hostile line does not fit: then it is cut so that all others do.
AccessRecord with_short_texts(AccessRecord record) {
    constexpr std::size_t longest = 1500;
    for (std::string_view* text : {&record.id, &record.method, &record.host, &record.path, &record.query,
                                   &record.user_agent, &record.referer}) {
        *text = text->substr(0, longest);
    }
    return record;
}

}  // namespace

JsonAccessLine::JsonAccessLine(const std::vector<std::string>& fields, std::uint32_t generation,
                               std::uint32_t worker)
    : generation_(generation), worker_(worker) {
    if (fields.empty()) kept_ = ~std::uint64_t{0};
    for (const std::string& field : fields) {
        const auto found = std::find(names.begin(), names.end(), field);
        if (found != names.end()) kept_ |= std::uint64_t{1} << (found - names.begin());
    }
}

char* JsonAccessLine::write(char* out, std::size_t capacity, const AccessRecord& record) {
    if (access_line_bound(record) > capacity) return write(out, capacity, with_short_texts(record));
    char when[TimestampWriter::longest];
    Line line(out, capacity - 1, kept_);
    if ((kept_ & bit(Field::ts)) != 0) {
        const char* const end = clock_.write(when, record.started);
        line.add<Field::ts>(std::string_view(when, static_cast<std::size_t>(end - when)));
    }
    line.add<Field::event>(to_string(record.event));
    add_client_and_request(line, record);
    line.add<Field::status>(unsigned{record.status});
    line.add<Field::bytes_in>(record.bytes_in);
    line.add<Field::bytes_out>(record.bytes_out);
    add_phases(line, record);
    add_upstream(line, record);
    line.add<Field::end>(to_string(record.end));
    line.add_unless_empty<Field::detail>(record.detail);
    if (record.event == AccessEvent::ws_close) add_websocket(line, record);
    line.add<Field::generation>(generation_);
    line.add<Field::worker>(worker_);
    line.add_unless_empty<Field::user_agent>(record.user_agent);
    line.add_unless_empty<Field::referer>(record.referer);
    char* const end = out + line.finish();
    *end = '\n';
    return end + 1;
}

}  // namespace baton
