#include "proxy/http/http1_parser.h"

namespace baton::http {

std::string_view rejection_name(Rejection rejection) {
    switch (rejection) {
        case Rejection::bad_request_line: return "bad_request_line";
        case Rejection::unsupported_version: return "unsupported_version";
        case Rejection::bad_target: return "bad_target";
        case Rejection::request_line_too_long: return "request_line_too_long";
        case Rejection::bad_field_name: return "bad_field_name";
        case Rejection::bad_field_value: return "bad_field_value";
        case Rejection::obsolete_line_folding: return "obsolete_line_folding";
        case Rejection::bare_line_ending: return "bare_line_ending";
        case Rejection::fields_too_large: return "fields_too_large";
        case Rejection::too_many_fields: return "too_many_fields";
        case Rejection::missing_host: return "missing_host";
        case Rejection::several_hosts: return "several_hosts";
        case Rejection::bad_host: return "bad_host";
        case Rejection::bad_content_length: return "bad_content_length";
        case Rejection::conflicting_length: return "conflicting_length";
        case Rejection::bad_transfer_encoding: return "bad_transfer_encoding";
        case Rejection::unknown_transfer_coding: return "unknown_transfer_coding";
        case Rejection::transfer_encoding_in_1_0: return "transfer_encoding_in_1_0";
        case Rejection::bad_expectation: return "bad_expectation";
        case Rejection::bad_status_line: return "bad_status_line";
        case Rejection::method_not_allowed: return "method_not_allowed";
        case Rejection::method_not_implemented: return "method_not_implemented";
        case Rejection::bad_chunk: return "bad_chunk";
        case Rejection::chunk_overhead: return "chunk_overhead";
        case Rejection::bad_trailer: return "bad_trailer";
    }
    return "unknown";
}

std::uint16_t rejection_status(Rejection rejection) {
    switch (rejection) {
        case Rejection::method_not_allowed: return 405;
        case Rejection::request_line_too_long: return 414;
        case Rejection::bad_expectation: return 417;
        case Rejection::fields_too_large:
        case Rejection::too_many_fields: return 431;
        case Rejection::unknown_transfer_coding:
        case Rejection::method_not_implemented: return 501;
        case Rejection::unsupported_version: return 505;
        case Rejection::bad_request_line:
        case Rejection::bad_target:
        case Rejection::bad_field_name:
        case Rejection::bad_field_value:
        case Rejection::obsolete_line_folding:
        case Rejection::bare_line_ending:
        case Rejection::missing_host:
        case Rejection::several_hosts:
        case Rejection::bad_host:
        case Rejection::bad_content_length:
        case Rejection::conflicting_length:
        case Rejection::bad_transfer_encoding:
        case Rejection::transfer_encoding_in_1_0:
        case Rejection::bad_status_line:
        case Rejection::bad_chunk:
        case Rejection::chunk_overhead:
        case Rejection::bad_trailer: return 400;
    }
    return 400;
}

}  // namespace baton::http
