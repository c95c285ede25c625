#include "server/tls/client_certificate.h"

#include "server/tls/certificate_facts.h"

#include <openssl/bio.h>

#include <string>

namespace baton::tls {
namespace {

using BioPointer = std::unique_ptr<BIO, OpensslFree<BIO_free>>;

std::string written(const X509_NAME* name) {
    const BioPointer text{BIO_new(BIO_s_mem())};
    if (!text || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

}  // namespace

std::unique_ptr<const ClientCertificate> describe_certificate(const X509* certificate) {
    if (certificate == nullptr) return nullptr;
    auto described = std::make_unique<ClientCertificate>();
    described->subject = written(X509_get_subject_name(certificate));
    described->issuer = written(X509_get_issuer_name(certificate));
    described->serial = serial_of(*certificate);
    described->fingerprint = fingerprint_of(*certificate);
    described->der = der_of(*certificate);
    described->not_after = seconds_of(X509_get0_notAfter(certificate));
    return described;
}

}  // namespace baton::tls
