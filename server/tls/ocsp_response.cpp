#include "server/tls/ocsp_response.h"

#include "server/tls/certificate_facts.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/ocsp.h>

namespace baton::tls {
namespace {

using ResponsePointer = std::unique_ptr<OCSP_RESPONSE, OpensslFree<OCSP_RESPONSE_free>>;
using BasicPointer = std::unique_ptr<OCSP_BASICRESP, OpensslFree<OCSP_BASICRESP_free>>;
using IdPointer = std::unique_ptr<OCSP_CERTID, OpensslFree<OCSP_CERTID_free>>;

/// A clock that is a little behind the responder's is no reason to wait.
constexpr std::int64_t clock_skew = 300;

bool is_about(OCSP_SINGLERESP* answer, const X509& certificate, const X509* issuer) {
    // OpenSSL's accessors take pointers to objects that they do not change.
    auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(answer));
    ASN1_OBJECT* hash = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (OCSP_id_get0_info(nullptr, &hash, nullptr, &serial, id) != 1) return false;
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&certificate)) != 0) return false;
    if (issuer == nullptr) return true;
    const EVP_MD* const digest = EVP_get_digestbyobj(hash);
    if (digest == nullptr) return false;
    const IdPointer expected{OCSP_cert_to_id(digest, &certificate, issuer)};
    return expected && OCSP_id_cmp(expected.get(), id) == 0;
}

StapleVerdict judge(OCSP_SINGLERESP* answer, std::int64_t now) {
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    const int status = OCSP_single_get0_status(answer, nullptr, nullptr, &from, &until);
    if (status == V_OCSP_CERTSTATUS_REVOKED) return {"it says that the certificate is revoked"};
    if (status != V_OCSP_CERTSTATUS_GOOD) return {"its responder does not know the certificate"};
    if (seconds_of(from) > now + clock_skew) return {"it is not valid yet"};
    const std::int64_t end = until != nullptr ? seconds_of(until) : 0;
    if (until != nullptr && end <= now) return {"it has expired"};
    return {{}, end};
}

}  // namespace

StapleVerdict judge_staple(std::string_view der, const X509& certificate, const X509* issuer,
                           std::int64_t now) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const ResponsePointer response{d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(der.size()))};
    if (!response || bytes != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
        ERR_clear_error();
        return {"it is no OCSP response in DER"};
    }
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return {"its responder had no answer"};
    const BasicPointer basic{OCSP_response_get1_basic(response.get())};
    for (int i = 0; basic && i < OCSP_resp_count(basic.get()); ++i) {
        OCSP_SINGLERESP* const answer = OCSP_resp_get0(basic.get(), i);
        if (is_about(answer, certificate, issuer)) return judge(answer, now);
    }
    ERR_clear_error();
    return {"it is about another certificate"};
}

}  // namespace baton::tls
