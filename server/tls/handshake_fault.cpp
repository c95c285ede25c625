#include "server/tls/handshake_fault.h"

namespace baton::tls {

std::string_view to_string(HandshakeFault fault) {
    switch (fault) {
        case HandshakeFault::closed: return "closed";
        case HandshakeFault::not_tls: return "not_tls";
        case HandshakeFault::version: return "version";
        case HandshakeFault::cipher: return "cipher";
        case HandshakeFault::unknown_name: return "unknown_name";
        case HandshakeFault::certificate: return "certificate";
        case HandshakeFault::protocol: return "protocol";
        case HandshakeFault::self_check: return "self_check";
        case HandshakeFault::internal: return "internal";
    }
    return "unknown";
}

}  // namespace baton::tls
