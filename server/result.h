/// A value or the failure that prevented it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

namespace baton {

/// What went wrong.
enum class Reason : std::uint8_t {
    closed,              ///< the peer ended the connection where it may
    reset,               ///< the peer ended it where it may not
    refused,             ///< nobody listens there
    unreachable,         ///< no way to the host
    timed_out,           ///< a deadline passed
    bad_message,         ///< the peer broke the protocol
    limit,               ///< a configured bound was reached
    no_endpoint,         ///< the upstream has nobody to send to
    out_of_descriptors,  ///< EMFILE, ENFILE
    out_of_memory,       ///< ENOBUFS, ENOMEM
    address_in_use,
    permission,
    not_found,
    shutting_down,  ///< this generation ends
    system,         ///< any other system call error, see `os_error`
};

/// Whose doing it was.
enum class Side : std::uint8_t { downstream, upstream, internal };

/// A failure is a value of 8 bytes: what, whose fault, and the operating system's word for it (0 = none).
struct Failure {
    Reason reason;
    Side side;
    int os_error = 0;
};

std::string_view to_string(Reason reason);
std::string_view to_string(Side side);

/// Maps an errno to the reason that a reader of a log would call it.
Reason reason_of(int os_error);

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> failure(Reason reason, Side side, int os_error = 0) {
    return tl::unexpected<Failure>(Failure{reason, side, os_error});
}

/// Of a system call that has just failed.
inline tl::unexpected<Failure> system_failure(int os_error = errno) {
    return failure(reason_of(os_error), Side::internal, os_error);
}

}  // namespace baton
