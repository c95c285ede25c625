#include "server/tls/upstream_trust.h"

#include "config/read_file.h"
#include "server/assert.h"
#include "server/tls/openssl_words.h"
#include "server/tls/pem.h"

#include <openssl/err.h>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace baton::tls {
namespace {

constexpr std::size_t largest_file = 16 * 1024 * 1024;

/// Where distributions keep all authorities in one file, for an OpenSSL that was built to look elsewhere.
constexpr std::array bundles{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                             "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

std::shared_ptr<X509_STORE> make_store() {
    std::shared_ptr<X509_STORE> store(X509_STORE_new(), &X509_STORE_free);
    ASSERT(store != nullptr);
    return store;
}

bool is_empty(X509_STORE& store) {
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(&store)) == 0;
}

void load_directory(X509_STORE& store, const char* directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        X509_STORE_load_file(&store, entry.path().c_str());
}

/// Where OpenSSL looks, but all at once: it would open files of the directory in the middle of a handshake,
/// which keeps a worker from its other connections, and which one in a strict sandbox may not do.
std::shared_ptr<X509_STORE> load_system_authorities() {
    auto store = make_store();
    const char* const file = std::getenv(X509_get_default_cert_file_env());
    const char* const directory = std::getenv(X509_get_default_cert_dir_env());
    X509_STORE_load_file(store.get(), file != nullptr ? file : X509_get_default_cert_file());
    if (directory != nullptr) load_directory(*store, directory);
    for (const char* const bundle : bundles)
        if (is_empty(*store)) X509_STORE_load_file(store.get(), bundle);
    if (is_empty(*store)) load_directory(*store, X509_get_default_cert_dir());
    ERR_clear_error();
    return is_empty(*store) ? nullptr : store;
}

}  // namespace

UpstreamTrust UpstreamTrustLoader::load(const config::Upstream& upstream) {
    UpstreamTrust trust;
    const std::string key_path = "upstreams." + upstream.name + ".tls";
    if (upstream.tls.verify) {
        trust.trusted = upstream.tls.ca.empty() ? system_authorities(upstream, key_path)
                                                : load_bundle(upstream.tls.ca, key_path + ".ca");
    }
    load_own_certificate(upstream.tls, key_path, trust);
    return trust;
}

std::shared_ptr<X509_STORE> UpstreamTrustLoader::load_bundle(const config::FilePath& file,
                                                             const std::string& key_path) {
    const auto content = config::read_file(file.path, largest_file);
    if (!content) {
        report_.error(file.origin, "E-FILE", key_path, file.path + ": cannot be read: " + content.error());
        return nullptr;
    }
    const auto certificates = parse_certificates(content->text);
    if (!certificates) {
        report_.error(file.origin, "E-CERT", key_path, file.path + ": " + certificates.error());
        return nullptr;
    }
    auto store = make_store();
    // Whoever names a certificate means it, even if it is not self-signed.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    for (const auto& certificate : *certificates)
        ASSERT(X509_STORE_add_cert(store.get(), certificate.get()) == 1);
    return store;
}

std::shared_ptr<X509_STORE> UpstreamTrustLoader::system_authorities(const config::Upstream& upstream,
                                                                    const std::string& key_path) {
    if (!system_) system_ = load_system_authorities();
    if (!system_)
        report_.error(upstream.origin, "E-FILE", key_path + ".ca",
                      "this system has no list of certificate authorities to verify the upstream with",
                      "install ca-certificates, or set tls.ca");
    return system_;
}

void UpstreamTrustLoader::load_own_certificate(const config::UpstreamTls& settings,
                                               const std::string& key_path, UpstreamTrust& trust) {
    if (settings.cert.empty()) return;
    config::Tls files;
    files.certificates.push_back({"", settings.cert, settings.key, {}});
    auto inventory = take_inventory(files);
    CertificateRecord& record = inventory.records.front();
    const auto in_place = [&](Remark remark) {
        remark.key_path = key_path + remark.key_path.substr(remark.key_path.rfind('.'));
        return remark;
    };
    for (const auto& remark : record.remarks) {
        // A client needs no name, and staples nothing.
        if (remark.code == "W-WORLD-READABLE") report_.add(in_place(remark));
    }
    if (record.fault) return report_.add(in_place(*record.fault));
    const Certificate& own = *record.certificate;
    ASSERT(X509_up_ref(own.leaf.get()) == 1 && EVP_PKEY_up_ref(own.key.get()) == 1);
    trust.certificate.reset(own.leaf.get());
    trust.key.reset(own.key.get());
    if (own.chain) trust.chain.reset(X509_chain_up_ref(own.chain.get()));
}

}  // namespace baton::tls
