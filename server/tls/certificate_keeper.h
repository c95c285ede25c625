/// Keeps the certificates of the serving generation up to date with their files (`tls.watch`), and knows how
/// each of them is.
#pragma once

#include "config/config.h"
#include "server/event/event_loop.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace baton::tls {

class CertificateStore;
struct Material;

enum class CertificateState : std::uint8_t { ok, expiring, expired, failed };
std::string_view to_string(CertificateState state);

/// One certificate as `baton status` shows it.
struct CertificateStatus {
    std::string name;
    std::string file;
    std::vector<std::string> names;
    std::int64_t not_after = 0;  ///< seconds since 1970; 0 = nothing could be loaded
    std::string serial;
    std::string key_type;  ///< `ecdsa`, `rsa`; empty = nothing could be loaded
    CertificateState state = CertificateState::ok;
    /// Why its files cannot be used, with `failed`. One that has a `not_after` is served as it was before.
    std::string reason;
};

class CertificateKeeper {
public:
    /// What is told about certificates that have been replaced, have appeared or have gone.
    using OnChange = std::function<void(std::shared_ptr<const CertificateStore>)>;

    /// `material` is of `config`. Without `tls.watch` it only knows what was loaded.
    CertificateKeeper(EventLoop& loop, std::shared_ptr<const config::Config> config,
                      std::shared_ptr<const Material> material, OnChange on_change);
    CertificateKeeper(const CertificateKeeper&) = delete;
    CertificateKeeper& operator=(const CertificateKeeper&) = delete;
    ~CertificateKeeper();

    /// Looks at the files now. What cannot be used keeps the certificate that was there before, and is said
    /// once in the log.
    void look();
    /// At `now`, seconds since 1970.
    std::vector<CertificateStatus> status(std::int64_t now) const;

private:
    struct Contents;
    std::unique_ptr<Contents> contents_;
};

}  // namespace baton::tls
