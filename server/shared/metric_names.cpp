#include "server/shared/metric_names.h"

namespace baton::shared {

std::string_view name_of(Counter counter) {
    switch (counter) {
        case Counter::connections_accepted: return "connections_accepted";
        case Counter::requests: return "requests";
        case Counter::responses_1xx: return "responses_1xx";
        case Counter::responses_2xx: return "responses_2xx";
        case Counter::responses_3xx: return "responses_3xx";
        case Counter::responses_4xx: return "responses_4xx";
        case Counter::responses_5xx: return "responses_5xx";
        case Counter::bytes_received: return "bytes_received";
        case Counter::bytes_sent: return "bytes_sent";
        case Counter::websockets_opened: return "websockets_opened";
        case Counter::websockets_closed: return "websockets_closed";
        case Counter::pings_sent: return "pings_sent";
        case Counter::pongs_missed: return "pongs_missed";
        case Counter::event_streams_opened: return "event_streams_opened";
        case Counter::upstream_connections_opened: return "upstream_connections_opened";
        case Counter::upstream_connections_reused: return "upstream_connections_reused";
        case Counter::upstream_failures: return "upstream_failures";
        case Counter::retries: return "retries";
        case Counter::retry_budget_exhausted: return "retry_budget_exhausted";
        case Counter::connections_rejected: return "connections_rejected";
        case Counter::log_lines_dropped: return "log_lines_dropped";
        case Counter::drain_closed: return "drain_closed";
        case Counter::tls_handshakes: return "tls_handshakes";
        case Counter::tls_handshakes_resumed: return "tls_handshakes_resumed";
        case Counter::tls_handshakes_tls12: return "tls_handshakes_tls12";
        case Counter::tls_handshake_failures: return "tls_handshake_failures";
        case Counter::tls_takeover_failures: return "tls_takeover_failures";
        case Counter::upstream_tls_handshakes: return "upstream_tls_handshakes";
        case Counter::connections_moved_out: return "connections_moved_out";
        case Counter::connections_moved_in: return "connections_moved_in";
        case Counter::connections_move_refused: return "connections_move_refused";
        case Counter::count_: break;
    }
    return "unknown";
}

std::string_view name_of(Gauge gauge) {
    switch (gauge) {
        case Gauge::connections: return "connections";
        case Gauge::idle_connections: return "idle_connections";
        case Gauge::requests_in_flight: return "requests_in_flight";
        case Gauge::websockets: return "websockets";
        case Gauge::tunnels: return "tunnels";
        case Gauge::event_streams: return "event_streams";
        case Gauge::upstream_connections: return "upstream_connections";
        case Gauge::upstream_idle: return "upstream_idle";
        case Gauge::tls_handshaking: return "tls_handshaking";
        case Gauge::count_: break;
    }
    return "unknown";
}

}  // namespace baton::shared
