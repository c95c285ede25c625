#include "proxy/http/client_certificate_headers.h"

#include "proxy/http/characters.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace baton::http {

namespace {

constexpr std::string_view x_prefix = "x-client-cert-";
constexpr std::string_view client_cert = "client-cert";
constexpr std::string_view client_cert_chain = "client-cert-chain";

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// With padding (RFC 4648 §4), between colons.
std::string_view as_byte_sequence(std::string_view bytes, std::string& out) {
    out.clear();
    out.reserve(bytes.size() / 3 * 4 + 6);
    out += ':';
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out += i <= group.size() ? base64_alphabet[bits >> (18 - 6 * i) & 63] : '=';
    }
    out += ':';
    return out;
}

std::string_view as_rfc3339(std::int64_t unix_seconds, std::array<char, 40>& out) {
    using namespace std::chrono;
    const sys_seconds time{seconds{unix_seconds}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    const int length =
        std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                      static_cast<int>(clock.seconds().count()));
    return {out.data(), static_cast<std::size_t>(length)};
}

}  // namespace

bool is_client_certificate_field(std::string_view name) {
    if (name.size() < client_cert.size()) return false;
    if (lower(name.front()) == 'x')
        return name.size() > x_prefix.size() &&
               equals_without_case(name.substr(0, x_prefix.size()), x_prefix);
    return equals_without_case(name, client_cert) || equals_without_case(name, client_cert_chain);
}

std::string_view as_field_value(std::string_view name, std::string& scratch) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    scratch.clear();
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            scratch += c;
        } else {
            scratch += '\\';
            scratch += digits[byte >> 4];
            scratch += digits[byte & 15];
        }
    }
    return scratch;
}

std::string_view client_certificate_value(std::size_t field, const tls::ClientCertificate& certificate,
                                          std::string& scratch) {
    std::array<char, 40> time;
    switch (field) {
        case 0: return as_byte_sequence(certificate.der, scratch);
        case 1: return as_field_value(certificate.subject, scratch);
        case 2: return as_field_value(certificate.issuer, scratch);
        case 3: return as_field_value(certificate.serial, scratch);
        case 4: return as_field_value(certificate.fingerprint, scratch);
        case 5: return as_field_value(as_rfc3339(certificate.not_after, time), scratch);
    }
    return {};
}

}  // namespace baton::http
