/// How Baton connects to the TLS servers of one upstream.
#pragma once

#include "config/config.h"
#include "server/tls/material.h"

#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace baton::tls {

struct ClientRules;

class ClientContext {
public:
    /// `trust` outlives it. Fails with OpenSSL's words.
    static tl::expected<std::unique_ptr<ClientContext>, std::string> create(
        const config::UpstreamTls& settings, const UpstreamTrust& trust);
    ~ClientContext();

private:
    friend class Handshake;
    ClientContext();
    std::unique_ptr<ClientRules> rules_;
};

}  // namespace baton::tls
