#include "server/result.h"

#include <cerrno>

namespace baton {

std::string_view to_string(Reason reason) {
    switch (reason) {
        case Reason::closed: return "closed";
        case Reason::reset: return "reset";
        case Reason::refused: return "refused";
        case Reason::unreachable: return "unreachable";
        case Reason::timed_out: return "timed_out";
        case Reason::bad_message: return "bad_message";
        case Reason::limit: return "limit";
        case Reason::no_endpoint: return "no_endpoint";
        case Reason::out_of_descriptors: return "out_of_descriptors";
        case Reason::out_of_memory: return "out_of_memory";
        case Reason::address_in_use: return "address_in_use";
        case Reason::permission: return "permission";
        case Reason::not_found: return "not_found";
        case Reason::shutting_down: return "shutting_down";
        case Reason::system: return "system";
    }
    return "unknown";
}

std::string_view to_string(Side side) {
    switch (side) {
        case Side::downstream: return "downstream";
        case Side::upstream: return "upstream";
        case Side::internal: return "internal";
    }
    return "unknown";
}

Reason reason_of(int os_error) {
    switch (os_error) {
        case 0:  // TLS that ended without close_notify
        case ECONNRESET:
        case EPIPE: return Reason::reset;
        case ECONNREFUSED: return Reason::refused;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
        case EHOSTDOWN: return Reason::unreachable;
        case ETIMEDOUT: return Reason::timed_out;
        case EMFILE:
        case ENFILE: return Reason::out_of_descriptors;
        case ENOMEM:
        case ENOBUFS: return Reason::out_of_memory;
        case EADDRINUSE: return Reason::address_in_use;
        case EACCES:
        case EPERM: return Reason::permission;
        case ENOENT: return Reason::not_found;
        default: return Reason::system;
    }
}

}  // namespace baton
