/// What one handshake holds while OpenSSL is at it. Only for the files named handshake*.cpp: nothing else
/// sees an SSL.
#pragma once

#include "server/tls/freed_memory.h"
#include "server/tls/handshake.h"
#include "server/tls/openssl_pointers.h"
#include "server/tls/server_policies.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace baton::tls {

/// Remembers the last whole record of a stream that comes in pieces.
class LastRecord {
public:
    void pass(std::string_view bytes);
    std::string_view get() const { return whole_; }

private:
    std::string growing_;
    std::string whole_;
};

struct HandshakeEngine {
    HandshakeEngine(Workspace& w, Role r) : workspace(w), role(r) {}
    ~HandshakeEngine();

    /// The engine of a connection that OpenSSL calls back about.
    static HandshakeEngine& of(const SSL* ssl) {
        return *static_cast<HandshakeEngine*>(SSL_get_app_data(ssl));
    }
    /// Makes the SSL, with our own reading and writing under it and our observers on it. False when there is
    /// no memory.
    bool start(SSL_CTX* context);

    Workspace& workspace;
    const Role role;
    SslPointer ssl;

    std::string_view lent;        // the record that OpenSSL may read now
    ByteQueue* output = nullptr;  // where it writes to, during a call
    LastRecord last_written;
    /// Secrets (TLS 1.3) and sequence numbers gather in it while OpenSSL works.
    HeldKeys keys;
    std::string server_name;

    // Of a server:
    const ServerPolicies* policies = nullptr;
    /// Held, because a renewal may put another store in its place.
    std::shared_ptr<const CertificateStore> certificates;
    const CertificateSet* shown = nullptr;
    /// From a ticket to the end of that call: OpenSSL frees the session that is in it as it is.
    std::optional<WipeFreedMemory> wiping;
    /// What our own callbacks have refused.
    std::optional<HandshakeFault> refused;
};

/// Reads from `HandshakeEngine::lent` and writes to its `output`. Null when there is no memory.
BIO* make_record_bio(HandshakeEngine& engine);

/// Has OpenSSL tell `ssl`'s engine of every record, so that it counts them.
void observe(SSL* ssl);

/// Puts a server's callbacks on its context: the choice by name, certificates, ALPN, tickets, stapling.
void install_server_callbacks(SSL_CTX* context);

/// Has a client ask for `name`, and with `verify` accept no other's certificate. False when there is no
/// memory or nothing to compare a certificate with.
bool expect_server(SSL* ssl, const std::string& name, bool verify);

/// Sorts OpenSSL's error queue, which it empties, into our faults.
HandshakeFailure classify_error(const SSL* ssl, int ssl_error);

}  // namespace baton::tls
