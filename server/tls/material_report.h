/// Collects what is wrong with the files of a configuration's TLS keys.
#pragma once

#include "config/finding.h"
#include "server/tls/certificate_inventory.h"
#include "server/tls/load_material.h"

#include <string>
#include <string_view>
#include <vector>

namespace baton::tls {

class MaterialReport {
public:
    MaterialReport(const config::Config& config, Strictness strictness)
        : forgives_(strictness == Strictness::cold_start ||
                    config.tls.on_error == config::OnCertificateError::skip) {}

    void error(const config::Origin& origin, std::string_view code, std::string key_path, std::string message,
               std::string help = {});
    void warning(const config::Origin& origin, std::string_view code, std::string key_path,
                 std::string message, std::string help = {});
    /// About a certificate that may be left out: an error or a warning, as `tls.on_error` and the occasion
    /// want it.
    void left_out(const config::Origin& origin, std::string_view code, std::string key_path,
                  std::string message);
    /// An error or a warning as its code says; E-FILE and E-CERT as `left_out`.
    void add(const Remark& remark);

    bool forgives() const { return forgives_; }
    std::vector<config::Finding> take() { return std::move(findings_); }

private:
    bool forgives_;
    std::vector<config::Finding> findings_;
};

}  // namespace baton::tls
