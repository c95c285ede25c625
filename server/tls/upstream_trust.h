/// Loads how the servers of upstreams are verified.
#pragma once

#include "server/tls/material.h"
#include "server/tls/material_report.h"

#include <memory>

namespace baton::tls {

/// Loads the trust of one upstream after the other; the system's authorities once for all that use them.
class UpstreamTrustLoader {
public:
    explicit UpstreamTrustLoader(MaterialReport& report) : report_(report) {}

    /// A CA that cannot be used is an error. A client certificate that cannot is left out like any other
    /// certificate: the upstream's servers refuse us then, and nobody else is touched.
    UpstreamTrust load(const config::Upstream& upstream);

private:
    std::shared_ptr<X509_STORE> load_bundle(const config::FilePath& file, const std::string& key_path);
    std::shared_ptr<X509_STORE> system_authorities(const config::Upstream& upstream,
                                                   const std::string& key_path);
    void load_own_certificate(const config::UpstreamTls& settings, const std::string& key_path,
                              UpstreamTrust& trust);

    MaterialReport& report_;
    std::shared_ptr<X509_STORE> system_;
};

}  // namespace baton::tls
