#include "server/tls/certificate_facts.h"

#include "server/assert.h"
#include "server/tls/openssl_pointers.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

namespace baton::tls {
namespace {

struct NamesFree {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

bool is_host_name(std::string_view name) {
    constexpr std::string_view permitted = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";
    return !name.empty() && name.find_first_not_of(permitted) == std::string_view::npos;
}

std::string address_text(std::string_view bytes) {
    if (bytes.size() != 4 && bytes.size() != 16) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lower;
}

}  // namespace

std::vector<std::string> names_of(const X509& certificate) {
    const std::unique_ptr<GENERAL_NAMES, NamesFree> all{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
    std::vector<std::string> names;
    std::vector<std::string> addresses;
    const auto add = [](std::vector<std::string>& to, std::string name) {
        if (std::ranges::find(to, name) == to.end()) to.push_back(std::move(name));
    };
    for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
        const GENERAL_NAME* const one = sk_GENERAL_NAME_value(all.get(), i);
        if (one->type == GEN_DNS) {
            if (auto name = lower_case(bytes_of(one->d.dNSName)); is_host_name(name))
                add(names, std::move(name));
        } else if (one->type == GEN_IPADD) {
            if (auto address = address_text(bytes_of(one->d.iPAddress)); !address.empty())
                add(addresses, std::move(address));
        }
    }
    for (auto& address : addresses) names.push_back(std::move(address));
    return names;
}

std::string serial_of(const X509& certificate) {
    const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number{
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr)};
    char* const digits = number ? BN_bn2hex(number.get()) : nullptr;
    std::string text = digits != nullptr ? digits : "";
    OPENSSL_free(digits);
    return text;
}

std::string fingerprint_of(const X509& certificate) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::array<unsigned char, 32> digest{};
    unsigned int length = 0;
    ASSERT(X509_digest(&certificate, EVP_sha256(), digest.data(), &length) == 1);
    std::string text;
    for (const unsigned char byte : digest) {
        text += hex[byte >> 4];
        text += hex[byte & 15];
    }
    return text;
}

std::int64_t seconds_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return ::timegm(&parts);
}

std::string der_of(const X509& certificate) {
    const int length = i2d_X509(&certificate, nullptr);
    ASSERT(length > 0);
    std::string der(static_cast<std::size_t>(length), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    ASSERT(i2d_X509(&certificate, &out) == length);
    return der;
}

}  // namespace baton::tls
