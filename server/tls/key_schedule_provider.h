/// Has OpenSSL's TLS 1.3 handshakes use our key schedule, as a provider that is built into this program.
///
/// OpenSSL 3 looks up HMAC and its digest anew for each of two dozen steps of a handshake, which costs a
/// sixth of it. And a step that goes through our hands tells the traffic secrets as they are derived: the
/// other way to them is a key log, whose lines OpenSSL prints digit by digit for two more steps of every
/// handshake.
#pragma once

#include "server/tls/record_state.h"

namespace baton::tls {

/// The property query of a context whose handshakes shall use it. Everything else comes, as ever, from
/// OpenSSL's own providers.
inline constexpr const char* key_schedule_query = "?provider=baton";

/// Makes the provider known to OpenSSL, once in a process; it stays. False when OpenSSL refuses, or is
/// configured so that it would use another's: no connection could then be taken over.
bool provide_key_schedule();

/// While one lives, the application traffic secrets that OpenSSL derives go straight into `keys`, by its
/// role. One at a time: OpenSSL works on one handshake, in one thread.
class HearSecrets {
public:
    explicit HearSecrets(RecordState& keys);
    HearSecrets(const HearSecrets&) = delete;
    HearSecrets& operator=(const HearSecrets&) = delete;
    ~HearSecrets();
};

}  // namespace baton::tls
