#include "proxy/exchange/access_line.h"
#include "server/buffer/decimal.h"
#include "server/log/json_text.h"

#include <algorithm>
#include <array>
#include <cstring>
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
    tls_version,
    tls_cipher,
    tls_resumed,
    sni,
    client_cert_subject,
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
    "tls_version",
    "tls_cipher",
    "tls_resumed",
    "sni",
    "client_cert_subject",
};

constexpr std::uint64_t bit(Field field) {
    return std::uint64_t{1} << static_cast<unsigned>(field);
}

/// `,"name":` as a constant.
template <Field field>
constexpr auto key = [] {
    constexpr std::string_view name = names[static_cast<std::size_t>(field)];
    std::array<char, name.size() + 4> text{',', '"'};
    std::copy(name.begin(), name.end(), text.begin() + 2);
    text[name.size() + 2] = '"';
    text[name.size() + 3] = ':';
    return text;
}();

/// One line in the making, without a check of its room: the caller has made sure of `access_line_bound`. The
/// field is a template argument so that its key is copied as a constant.
class Line {
public:
    Line(char* out, std::uint64_t kept) : begin_(out), at_(out), kept_(kept) {}

    template <Field field>
    void add(std::string_view text) {
        if (!start<field>()) return;
        *at_++ = '"';
        at_ = copy_json_text(at_, text);
        *at_++ = '"';
    }
    template <Field field>
    void add(std::uint64_t number) {
        if (start<field>()) at_ = write_decimal(at_, number);
    }
    template <Field field>
    void add_fact(bool fact) {
        if (!start<field>()) return;
        std::memcpy(at_, fact ? "true " : "false", 5);
        at_ += fact ? 4 : 5;
    }
    template <Field field>
    void add_unless_empty(std::string_view text) {
        if (!text.empty()) add<field>(text);
    }
    /// Nothing when the phase was not reached.
    template <Field field>
    void add_milliseconds(Duration duration) {
        if (duration.count() < 0 || !start<field>()) return;
        at_ = write_milliseconds(at_, static_cast<std::uint64_t>(duration.count()) / 1000);
    }
    template <Field field>
    void add_time(TimestampWriter& clock, WallTime time) {
        if (!start<field>()) return;
        *at_++ = '"';
        at_ = clock.write(at_, time);
        *at_++ = '"';
    }
    char* finish() {
        // Every field began with a comma; the first one's place is the bracket's.
        if (at_ == begin_) ++at_;
        *begin_ = '{';
        *at_++ = '}';
        *at_++ = '\n';
        return at_;
    }

private:
    template <Field field>
    bool start() {
        if ((kept_ & bit(field)) == 0) return false;
        std::memcpy(at_, key<field>.data(), key<field>.size());
        at_ += key<field>.size();
        return true;
    }

    char* begin_;
    char* at_;
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
    if (record.client_port != 0) line.add<Field::client_port>(std::uint64_t{record.client_port});
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
    if (record.upstream_status != 0) line.add<Field::upstream_status>(std::uint64_t{record.upstream_status});
    line.add<Field::tries>(std::uint64_t{record.tries});
    line.add_fact<Field::reused>(record.reused);
}

void add_tls(Line& line, const AccessRecord& record) {
    if (record.tls_version.empty()) return;
    line.add<Field::tls_version>(record.tls_version);
    line.add<Field::tls_cipher>(record.tls_cipher);
    line.add_fact<Field::tls_resumed>(record.tls_resumed);
    line.add_unless_empty<Field::sni>(record.server_name);
    line.add_unless_empty<Field::client_cert_subject>(record.client_certificate);
}

void add_websocket(Line& line, const AccessRecord& record) {
    if (record.close_code != 0) line.add<Field::ws_close_code>(std::uint64_t{record.close_code});
    line.add_unless_empty<Field::ws_close_by>(record.closed_by);
    line.add<Field::ws_messages_in>(record.messages_in);
    line.add<Field::ws_messages_out>(record.messages_out);
    line.add<Field::pings_lost>(std::uint64_t{record.pings_lost});
}

/// A line that would not fit if every byte of it needed an escape, with its texts cut so that it does.
AccessRecord with_short_texts(AccessRecord record) {
    for (std::string_view* const text : {&record.id, &record.method, &record.host, &record.path,
                                         &record.query, &record.user_agent, &record.referer}) {
        *text = text->substr(0, 1100);
    }
    for (std::string_view* const text :
         {&record.trace_id, &record.client_ip, &record.peer_ip, &record.listener, &record.matched_host,
          &record.route, &record.upstream, &record.endpoint, &record.detail, &record.server_name,
          &record.client_certificate}) {
        *text = text->substr(0, 250);
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
    if (access_line_bound(record) > capacity) return write_fitting(out, with_short_texts(record));
    return write_fitting(out, record);
}

char* JsonAccessLine::write_fitting(char* out, const AccessRecord& record) {
    Line line(out, kept_);
    line.add_time<Field::ts>(clock_, record.started);
    line.add<Field::event>(to_string(record.event));
    add_client_and_request(line, record);
    line.add<Field::status>(std::uint64_t{record.status});
    line.add<Field::bytes_in>(record.bytes_in);
    line.add<Field::bytes_out>(record.bytes_out);
    add_phases(line, record);
    add_upstream(line, record);
    line.add<Field::end>(to_string(record.end));
    line.add_unless_empty<Field::detail>(record.detail);
    if (record.event == AccessEvent::ws_close) add_websocket(line, record);
    line.add<Field::generation>(std::uint64_t{generation_});
    line.add<Field::worker>(std::uint64_t{worker_});
    line.add_unless_empty<Field::user_agent>(record.user_agent);
    line.add_unless_empty<Field::referer>(record.referer);
    add_tls(line, record);
    return line.finish();
}

}  // namespace baton
