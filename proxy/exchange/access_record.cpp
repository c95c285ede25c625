#include "proxy/exchange/access_record.h"

namespace baton {

std::string_view to_string(AccessEvent event) {
    switch (event) {
        case AccessEvent::request: return "request";
        case AccessEvent::ws_open: return "ws_open";
        case AccessEvent::ws_close: return "ws_close";
        case AccessEvent::sse_open: return "sse_open";
        case AccessEvent::sse_close: return "sse_close";
        case AccessEvent::stream_progress: return "stream_progress";
    }
    return "?";
}

std::string_view to_string(End end) {
    switch (end) {
        case End::ok: return "ok";
        case End::client_abort: return "client_abort";
        case End::client_timeout: return "client_timeout";
        case End::bad_request: return "bad_request";
        case End::upstream_refused: return "upstream_refused";
        case End::upstream_reset: return "upstream_reset";
        case End::upstream_timeout: return "upstream_timeout";
        case End::upstream_tls: return "upstream_tls";
        case End::upstream_bad_response: return "upstream_bad_response";
        case End::no_endpoint: return "no_endpoint";
        case End::no_route: return "no_route";
        case End::forbidden: return "forbidden";
        case End::limit: return "limit";
        case End::drain_deadline: return "drain_deadline";
        case End::shutdown: return "shutdown";
        case End::internal: return "internal";
    }
    return "?";
}

}  // namespace baton
