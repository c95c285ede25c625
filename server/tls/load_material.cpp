#include "server/tls/load_material.h"

#include "config/did_you_mean.h"
#include "server/tls/client_authority.h"
#include "server/tls/material.h"
#include "server/tls/material_report.h"
#include "server/tls/secret_file.h"
#include "server/tls/secret_heap.h"
#include "server/tls/upstream_trust.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace baton::tls {
namespace {

constexpr std::int64_t day = 24 * 3600;
constexpr std::int64_t warning_time = 14 * day;

class Loader {
public:
    Loader(const config::Config& config, Strictness strictness)
        : config_(config), report_(config, strictness) {}

    LoadedMaterial load() {
        prepare_secret_heap(config_.tls.certificates.size());
        load_certificates();
        check_listeners();
        check_names();
        for (std::size_t i = 0; i < config_.hosts.size(); ++i) load_host(i);
        UpstreamTrustLoader upstreams(report_);
        for (const auto& [name, upstream] : config_.upstreams) {
            if (upstream.tls.enabled) material_->upstreams.emplace(name, upstreams.load(upstream));
        }
        load_ticket_keys();
        LoadedMaterial result{nullptr, report_.take()};
        if (result.ok()) result.material = std::move(material_);
        return result;
    }

private:
    void load_certificates() {
        CertificateInventory& inventory = material_->inventory;
        inventory = take_inventory(config_.tls);
        for (const auto& record : inventory.records) {
            if (record.fault) report_.add(*record.fault);
            for (const auto& remark : record.remarks) report_.add(remark);
            if (record.certificate) check_dates(record);
        }
        for (const auto& remark : inventory.directory_faults) report_.add(remark);
        for (const auto& remark : inventory.directory_remarks) report_.add(remark);
        material_->certificates = std::make_shared<const CertificateStore>(inventory.certificates(),
                                                                           config_.tls.default_certificate);
    }

    void check_dates(const CertificateRecord& record) {
        const std::int64_t now = std::time(nullptr);
        const Certificate& certificate = *record.certificate;
        const std::int64_t left = certificate.not_after - now;
        std::string text;
        if (certificate.not_before > now) {
            text = "is not valid before " + iso_date(certificate.not_before);
        } else if (left <= 0) {
            text = "has expired on " + iso_date(certificate.not_after);
        } else if (left < warning_time) {
            text = "expires on " + iso_date(certificate.not_after) + ", in " + std::to_string(left / day) +
                   (left / day == 1 ? " day" : " days");
        } else {
            return;
        }
        const bool listed = record.place.directory.empty();
        report_.warning(record.place.cert.origin, "W-CERT-EXPIRY",
                        record.place.key_path + (listed ? ".cert" : ""),
                        record.place.cert.path + ": the certificate " + text);
    }

    static std::string iso_date(std::int64_t seconds) {
        const std::time_t time = seconds;
        std::tm parts{};
        char text[32] = "";
        if (::gmtime_r(&time, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
        return text;
    }

    void check_listeners() {
        if (!material_->certificates->certificates().empty()) return;
        const bool configured = !config_.tls.certificates.empty() || !config_.tls.directories.empty();
        for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
            const auto& listener = config_.listeners[i];
            if (!listener.tls) continue;
            const std::string key_path = "listeners[" + std::to_string(i) + "].tls";
            if (!configured) {
                report_.error(listener.origin, "E-REQ", key_path,
                              "this listener serves TLS, and there is no certificate",
                              "set tls.certificates or tls.directories");
            } else {
                report_.left_out(
                    listener.origin, "E-CERT", key_path,
                    "this listener serves TLS, and no certificate can be used: every handshake would fail");
            }
        }
    }

    void check_names() {
        check_name(config_.tls.default_certificate, config_.tls.default_certificate_origin,
                   "tls.default_certificate");
        for (std::size_t i = 0; i < config_.hosts.size(); ++i) {
            const auto& tls = config_.hosts[i].tls;
            check_name(tls.certificate, tls.certificate_origin,
                       "hosts[" + std::to_string(i) + "].tls.certificate");
        }
    }

    void check_name(const std::string& name, const config::Origin& origin, const std::string& key_path) {
        if (name.empty()) return;
        std::vector<std::string_view> names;
        for (const auto& record : material_->inventory.records) names.push_back(record.place.name);
        if (std::ranges::find(names, name) != names.end()) return;
        const std::string_view meant = config::nearest(name, names);
        report_.error(origin, "E-REF", key_path, "there is no certificate named `" + name + "`",
                      meant.empty() ? "" : "did you mean `" + std::string(meant) + "`?");
    }

    void load_host(std::size_t number) {
        const auto& settings = config_.hosts[number].tls.client_auth;
        auto& place = material_->client_authority.emplace_back();
        if (settings.mode == config::ClientAuthMode::off) return;
        place =
            load_client_authority(settings, "hosts[" + std::to_string(number) + "].tls.client_auth", report_);
    }

    void load_ticket_keys() {
        const auto& files = config_.tls.session_tickets.key_files;
        for (std::size_t i = 0; i < files.size(); ++i)
            load_ticket_key(files[i], "tls.session_tickets.key_files[" + std::to_string(i) + "]");
    }

    void load_ticket_key(const config::FilePath& path, const std::string& key_path) {
        const auto file = read_secret_file(path.path, 1024);
        if (!file)
            return report_.error(path.origin, "E-FILE", key_path,
                                 path.path + ": cannot be read: " + file.error());
        TicketKeyFile key{};
        const std::string_view bytes = file->content.text();
        if (bytes.size() != key.size())
            return report_.error(path.origin, "E-FILE", key_path,
                                 path.path + ": has " + std::to_string(bytes.size()) +
                                     " bytes; a ticket key has 80 (name 16, HMAC 32, AES 32)");
        if (file->readable_by_all)
            report_.warning(path.origin, "W-WORLD-READABLE", key_path,
                            path.path + ": every user of this machine can read this ticket key");
        for (const auto& other : material_->ticket_keys) {
            if (std::memcmp(other.data(), bytes.data(), 16) == 0)
                return report_.error(
                    path.origin, "E-DUP", key_path,
                    path.path + ": its first 16 bytes, the key's name, are those of another key file");
        }
        std::memcpy(key.data(), bytes.data(), key.size());
        material_->ticket_keys.push_back(key);
        OPENSSL_cleanse(key.data(), key.size());
    }

    const config::Config& config_;
    MaterialReport report_;
    std::shared_ptr<Material> material_ = std::make_shared<Material>();
};

}  // namespace

Material::~Material() {
    for (auto& key : ticket_keys) OPENSSL_cleanse(key.data(), key.size());
}

bool LoadedMaterial::ok() const {
    return std::ranges::none_of(
        findings, [](const auto& finding) { return finding.severity == config::Severity::error; });
}

bool uses_tls(const config::Config& config) {
    return !config.tls.certificates.empty() || !config.tls.directories.empty() ||
           std::ranges::any_of(config.listeners, &config::Listener::tls) ||
           std::ranges::any_of(config.upstreams, [](const auto& one) { return one.second.tls.enabled; });
}

LoadedMaterial load_material(const config::Config& config, Strictness strictness) {
    if (!uses_tls(config)) return {};
    return Loader(config, strictness).load();
}

}  // namespace baton::tls
