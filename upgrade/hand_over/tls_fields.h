/// What an encrypted transport knows, as fields of a parcel: its keys are among them.
#pragma once

#include "server/tls/tls_state.h"
#include "upgrade/hand_over/parcel.h"

#include <tl/expected.hpp>

namespace baton::upgrade {

/// docs/control_protocol.md lists them.
namespace tls_tag {
enum : Tag {
    version = 1,
    suite = 2,
    role = 3,
    longest_plaintext = 4,
    read_closed = 5,
    write_closed = 6,
    reading = 7,
    writing = 8,
    warm_bytes = 9,
    allowance = 10,
    empty_records = 11,
    update_is_last = 12,
    message = 13,
    received = 14,
    sealed = 15,
    closed_by_peer = 16,
    close_told = 17,
    shutting_down = 18,
    fin_sent = 19,
    resumed = 20,
    server_name = 21,
    client = 22,
};
}
namespace traffic_tag {
enum : Tag { secret = 1, key = 2, iv = 3, sequence = 4, explicit_nonce = 5 };
}
namespace message_tag {
enum : Tag { header = 1, first = 2, passed = 3 };
}
namespace client_tag {
enum : Tag { subject = 1, issuer = 2, serial = 3, fingerprint = 4, der = 5, not_after = 6 };
}

/// Without keys in `state`, none are written, and nobody can read it.
void write_tls(FieldWriter& fields, const tls::TlsState& state);

/// The keys lie in a cell of `keys`. Refuses as `unsupported` a suite that is not spoken here, as
/// `out_of_memory` when there is no cell, and as `malformed` whatever else no connection can have come to.
tl::expected<tls::TlsState, Refusal> read_tls(const FieldReader& fields, tls::KeyMemory& keys);

}  // namespace baton::upgrade
