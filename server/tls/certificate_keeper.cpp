#include "server/tls/certificate_keeper.h"

#include "server/log/log.h"
#include "server/process/file_watch.h"
#include "server/tls/material.h"

#include <map>
#include <utility>

namespace baton::tls {
namespace {

constexpr std::int64_t warning_time = 14 * 24 * 3600;

/// Those that must stay even without files: a host would lose its certificate.
std::vector<std::string> needed_names(const config::Config& config) {
    std::vector<std::string> names;
    if (!config.tls.default_certificate.empty()) names.push_back(config.tls.default_certificate);
    for (const auto& host : config.hosts) {
        if (!host.tls.certificate.empty()) names.push_back(host.tls.certificate);
    }
    return names;
}

std::string fault_text(const CertificateRecord& record) {
    return record.fault ? record.fault->text : std::string{};
}

CertificateStatus status_of(const CertificateRecord& record, std::int64_t now) {
    CertificateStatus status;
    status.name = record.place.name;
    status.file = record.place.cert.path;
    if (const auto& certificate = record.certificate) {
        status.names = certificate->names;
        status.not_after = certificate->not_after;
        status.serial = certificate->serial;
        status.key_type = certificate->key_type == KeyType::rsa ? "rsa" : "ecdsa";
        if (certificate->not_after <= now) {
            status.state = CertificateState::expired;
        } else if (certificate->not_after - now < warning_time) {
            status.state = CertificateState::expiring;
        }
    }
    if (record.fault) {
        status.state = CertificateState::failed;
        status.reason = record.fault->text;
    }
    return status;
}

}  // namespace

std::string_view to_string(CertificateState state) {
    switch (state) {
        case CertificateState::ok: return "ok";
        case CertificateState::expiring: return "expiring";
        case CertificateState::expired: return "expired";
        case CertificateState::failed: return "failed";
    }
    return "unknown";
}

struct CertificateKeeper::Contents {
    Contents(std::shared_ptr<const config::Config> the_config, const Material& material, OnChange the_handler)
        : config(std::move(the_config)),
          inventory(material.inventory),
          on_change(std::move(the_handler)),
          needed(needed_names(*config)) {}

    std::shared_ptr<const config::Config> config;
    CertificateInventory inventory;
    OnChange on_change;
    std::vector<std::string> needed;
    std::unique_ptr<FileWatch> files;  // null without tls.watch

    void look() {
        auto now = take_inventory(config->tls, &inventory, needed);
        const auto before = std::exchange(inventory, std::move(now));
        follow_files();
        if (tell_changes(before))
            on_change(std::make_shared<const CertificateStore>(inventory.certificates(),
                                                               config->tls.default_certificate));
    }

    void follow_files() {
        if (!files) return;
        std::vector<std::string> paths;
        for (const auto& directory : config->tls.directories) paths.push_back(directory.path);
        paths.insert(paths.end(), inventory.folders.begin(), inventory.folders.end());
        for (const auto& record : inventory.records) {
            for (const auto* file : {&record.place.cert, &record.place.key, &record.place.ocsp}) {
                if (!file->empty()) paths.push_back(file->path);
            }
        }
        files->follow(paths);
    }

    /// Logs what is different; whether certificates are.
    bool tell_changes(const CertificateInventory& before) const {
        std::map<std::pair<std::string, std::string>, const CertificateRecord*> gone;
        for (const auto& record : before.records)
            gone.emplace(std::pair(record.place.name, record.place.cert.path), &record);
        bool changed = false;
        for (const auto& record : inventory.records) {
            const auto found = gone.extract(std::pair(record.place.name, record.place.cert.path));
            const CertificateRecord* const former = found ? found.mapped() : nullptr;
            changed |= tell_change(record, former);
        }
        for (const auto& [place, record] : gone) {
            if (!record->certificate) continue;
            changed = true;
            log::info("certificate.removed").with("name", place.first).with("file", place.second);
        }
        return changed;
    }

    static bool tell_change(const CertificateRecord& record, const CertificateRecord* former) {
        if (record.fault && (former == nullptr || fault_text(*former) != record.fault->text))
            log::error("certificate.not_replaced")
                .with("name", record.place.name)
                .with("error", record.fault->text)
                .with("still_served", record.certificate != nullptr);
        const auto& certificate = record.certificate;
        if (former != nullptr && former->certificate == certificate) return false;
        if (!certificate) return former != nullptr;
        log::info(former != nullptr && former->certificate ? "certificate.replaced" : "certificate.added")
            .with("name", certificate->name)
            .with("file", certificate->file)
            .with("serial", certificate->serial)
            .with("not_after", certificate->not_after);
        for (const auto& remark : record.remarks)
            log::warn("certificate.remark").with("name", certificate->name).with("text", remark.text);
        return true;
    }
};

CertificateKeeper::CertificateKeeper(EventLoop& loop, std::shared_ptr<const config::Config> config,
                                     std::shared_ptr<const Material> material, OnChange on_change)
    : contents_(std::make_unique<Contents>(std::move(config), *material, std::move(on_change))) {
    if (!contents_->config->tls.watch) return;
    contents_->files = std::make_unique<FileWatch>(loop, [this] { look(); });
    contents_->follow_files();
}

CertificateKeeper::~CertificateKeeper() = default;

void CertificateKeeper::look() {
    contents_->look();
}

std::vector<CertificateStatus> CertificateKeeper::status(std::int64_t now) const {
    std::vector<CertificateStatus> all;
    for (const auto& record : contents_->inventory.records) all.push_back(status_of(record, now));
    for (const auto& fault : contents_->inventory.directory_faults) {
        CertificateStatus status;
        status.name = status.file = fault.file.path;
        status.state = CertificateState::failed;
        status.reason = fault.text;
        all.push_back(std::move(status));
    }
    return all;
}

}  // namespace baton::tls
