#include "server/tls/client_authority.h"

#include "config/read_file.h"
#include "server/assert.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/digest.h"
#include "server/tls/openssl_words.h"
#include "server/tls/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <optional>

namespace baton::tls {
namespace {

using BioPointer = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using CrlPointer = std::unique_ptr<X509_CRL, OpensslFree<X509_CRL_free>>;

constexpr std::size_t largest_file = 16 * 1024 * 1024;

std::string name_der(const X509& certificate) {
    unsigned char* der = nullptr;
    const int length = i2d_X509_NAME(X509_get_subject_name(&certificate), &der);
    if (length <= 0) return {};
    std::string text(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return text;
}

class Loader {
public:
    Loader(const config::ClientAuth& settings, const std::string& key_path, MaterialReport& report)
        : settings_(settings), key_path_(key_path), report_(report) {}

    std::unique_ptr<ClientAuthority> load() {
        authority_->trusted.reset(X509_STORE_new());
        ASSERT(authority_->trusted != nullptr);
        X509_STORE_set_flags(authority_->trusted.get(), X509_V_FLAG_PARTIAL_CHAIN);
        const auto authorities = read(settings_.ca, ".ca");
        if (!authorities || !add_authorities(*authorities)) return nullptr;
        std::optional<std::string> lists = std::string{};
        if (!settings_.crl.empty()) {
            lists = read(settings_.crl, ".crl");
            if (!lists || !add_lists(*lists)) return nullptr;
        }
        const char mode = settings_.mode == config::ClientAuthMode::require ? 'r' : 'q';
        const auto ca = sha256({*authorities});
        const auto crl = sha256({*lists});
        const auto bytes = [](const auto& digest) {
            return std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size());
        };
        authority_->identity = sha256({std::string_view(&mode, 1), bytes(ca), bytes(crl)});
        return std::move(authority_);
    }

private:
    std::optional<std::string> read(const config::FilePath& file, const char* key) {
        auto content = config::read_file(file.path, largest_file);
        if (content) return std::move(content->text);
        report_.error(file.origin, "E-FILE", key_path_ + key,
                      file.path + ": cannot be read: " + content.error());
        return std::nullopt;
    }

    bool refuse(const config::FilePath& file, const char* key, const std::string& text) {
        report_.error(file.origin, "E-CERT", key_path_ + key, file.path + ": " + text);
        return false;
    }

    bool add_authorities(const std::string& pem) {
        const auto certificates = parse_certificates(pem);
        if (!certificates) return refuse(settings_.ca, ".ca", certificates.error());
        for (const auto& certificate : *certificates) {
            if (X509_STORE_add_cert(authority_->trusted.get(), certificate.get()) != 1)
                return refuse(settings_.ca, ".ca", take_openssl_error());
            auto name = name_der(*certificate);
            auto& names = authority_->announced_names;
            if (!name.empty() && std::ranges::find(names, name) == names.end())
                names.push_back(std::move(name));
            if (seconds_of(X509_get0_notAfter(certificate.get())) <= std::time(nullptr))
                report_.warning(settings_.ca.origin, "W-CERT-EXPIRY", key_path_ + ".ca",
                                settings_.ca.path + ": an authority in it has expired");
        }
        return true;
    }

    bool add_lists(const std::string& pem) {
        const BioPointer file{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
        ASSERT(file != nullptr);
        std::size_t count = 0;
        for (;; ++count) {
            ERR_clear_error();
            const CrlPointer list{PEM_read_bio_X509_CRL(file.get(), nullptr, nullptr, nullptr)};
            if (!list) break;
            if (X509_STORE_add_crl(authority_->trusted.get(), list.get()) != 1)
                return refuse(settings_.crl, ".crl", take_openssl_error());
            const ASN1_TIME* const end = X509_CRL_get0_nextUpdate(list.get());
            if (end != nullptr && seconds_of(end) <= std::time(nullptr))
                report_.warning(
                    settings_.crl.origin, "W-CERT-EXPIRY", key_path_ + ".crl",
                    settings_.crl.path + ": a list in it has expired: certificates below it are refused");
        }
        const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        const std::string words = take_openssl_error();
        if (!at_end) return refuse(settings_.crl, ".crl", "a list in it is damaged (" + words + ")");
        if (count == 0) return refuse(settings_.crl, ".crl", "there is no PEM revocation list in it");
        X509_STORE_set_flags(authority_->trusted.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        return true;
    }

    const config::ClientAuth& settings_;
    const std::string& key_path_;
    MaterialReport& report_;
    std::unique_ptr<ClientAuthority> authority_ = std::make_unique<ClientAuthority>();
};

}  // namespace

std::unique_ptr<ClientAuthority> load_client_authority(const config::ClientAuth& settings,
                                                       const std::string& key_path, MaterialReport& report) {
    return Loader(settings, key_path, report).load();
}

}  // namespace baton::tls
