/// Alerts that Baton sends or understands (RFC 8446 §6).
#pragma once

#include <cstdint>

namespace baton::tls {

enum class Alert : std::uint8_t {
    close_notify = 0,
    unexpected_message = 10,
    bad_record_mac = 20,
    record_overflow = 22,
    handshake_failure = 40,
    illegal_parameter = 47,
    decode_error = 50,
    internal_error = 80,
    user_canceled = 90,
    no_renegotiation = 100,
    unrecognized_name = 112,
    no_application_protocol = 120,
};

}  // namespace baton::tls
