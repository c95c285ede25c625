#include "server/tls/certificate_store.h"

#include "server/tls/digest.h"

#include <algorithm>
#include <set>

namespace baton::tls {
namespace {

void put(CertificateSet& set, const std::shared_ptr<const Certificate>& certificate) {
    auto& place = set.by_type[static_cast<std::size_t>(certificate->key_type)];
    if (!place || place->not_after < certificate->not_after) place = certificate;
}

std::array<std::uint8_t, 32> identity_of(const CertificateSet& set) {
    std::string text;
    for (const auto& certificate : set.by_type) {
        text += certificate ? '+' : '-';
        if (!certificate) continue;
        // No name has a NUL in it.
        for (const auto& name :
             std::set<std::string_view>(certificate->names.begin(), certificate->names.end()))
            text.append(name).push_back('\0');
    }
    return sha256({text});
}

}  // namespace

bool CertificateSet::covers(std::string_view server_name) const {
    return std::ranges::any_of(by_type, [server_name](const auto& certificate) {
        return certificate && certificate->covers(server_name);
    });
}

CertificateStore::CertificateStore(std::vector<std::shared_ptr<const Certificate>> certificates,
                                   std::string_view default_name)
    : certificates_(std::move(certificates)), default_name_(default_name) {
    for (const auto& certificate : certificates_) {
        for (const auto& name : certificate->names) put(by_host_name_[name], certificate);
        put(by_own_name_[certificate->name], certificate);
    }
    for (auto& [name, set] : by_host_name_) set.identity = identity_of(set);
    for (auto& [name, set] : by_own_name_) set.identity = identity_of(set);
    if (!default_name.empty()) default_ = named(default_name);
}

const CertificateSet* CertificateStore::find(std::string_view server_name) const {
    if (const auto exact = by_host_name_.find(server_name); exact != by_host_name_.end())
        return &exact->second;
    const std::size_t dot = server_name.find('.');
    if (dot != std::string_view::npos && dot > 0) {
        const std::string wildcard = "*" + std::string(server_name.substr(dot));
        if (const auto found = by_host_name_.find(wildcard); found != by_host_name_.end())
            return &found->second;
    }
    return default_;
}

const CertificateSet* CertificateStore::named(std::string_view name) const {
    const auto found = by_own_name_.find(name);
    return found != by_own_name_.end() ? &found->second : nullptr;
}

}  // namespace baton::tls
