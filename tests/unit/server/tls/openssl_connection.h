/// Two of OpenSSL's connections that have shaken hands over memory, one of which gives its keys away.
#pragma once

#include "server/tls/openssl_pointers.h"
#include "tests/support/record_pair.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::test {

/// What OpenSSL made of what it was given.
struct OpensslRead {
    std::string data;
    bool closed = false;  ///< close_notify has come
    int error = 0;        ///< reason code, `SSL_R_…`; 0 = none
};

/// A connection of OpenSSL's with its two memory BIOs.
class OpensslEnd {
public:
    OpensslEnd(SSL_CTX* context, Role role);

    SSL* ssl() const { return ssl_.get(); }
    /// Goes on with the handshake; true when it is done.
    bool shake_hands();
    /// Gives it bytes from the wire, which may be any part of records.
    void hear(std::string_view wire);
    /// What it has put on the wire since the last call.
    std::string say();
    OpensslRead read();
    /// Writes all of `data`; false when OpenSSL refuses.
    bool write(std::string_view data);
    /// The wire has ended without a close_notify.
    void end_of_wire();

private:
    tls::SslPointer ssl_;
};

/// Shakes hands with `suite` and makes a record layer of one side.
class TakenOver {
public:
    /// `ours` is the side that becomes a record layer, the other one remains OpenSSL's.
    TakenOver(std::uint16_t suite, Role ours);

    RecordEnd& us() { return *us_; }
    OpensslEnd& peer() { return *peer_; }
    /// What the peer had put on the wire when the handshake was done: session tickets.
    const std::string& early() const { return early_; }

private:
    /// Carries records to the end that gives its keys away, one by one, and remembers the last of each
    /// direction, as the handshake does.
    void shake_hands(OpensslEnd& ours);
    HeldKeys keys_of(const OpensslEnd& ours);

    RecordWorld world_;
    tls::ContextPointer client_context_, server_context_;
    std::unique_ptr<OpensslEnd> peer_;
    std::unique_ptr<RecordEnd> us_;
    Role role_;
    HeldKeys keys_;
    std::string last_read_, last_written_, early_;
};

}  // namespace baton::test
