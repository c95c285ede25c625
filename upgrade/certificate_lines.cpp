#include "upgrade/certificate_lines.h"

#include <algorithm>
#include <ctime>

namespace baton::upgrade {
namespace {

/// Of a certificate of a thousand names the table shows a few.
constexpr std::size_t most_names_in_text = 4;

/// ISO 8601 in UTC.
std::string iso_time(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    char text[32] = "";
    if (::gmtime_r(&time, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

/// Whole days, negative since it has expired.
std::int64_t days_left(const tls::CertificateStatus& certificate, WallTime now) {
    const std::chrono::sys_seconds end{std::chrono::seconds{certificate.not_after}};
    return std::chrono::floor<std::chrono::days>(end - now).count();
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text + "  ";
}

std::string names_of(const tls::CertificateStatus& certificate) {
    std::string text;
    for (std::size_t i = 0; i < certificate.names.size() && i < most_names_in_text; ++i)
        text += (i == 0 ? "" : " ") + certificate.names[i];
    if (certificate.names.size() > most_names_in_text)
        text += " and " + std::to_string(certificate.names.size() - most_names_in_text) + " more";
    return text;
}

}  // namespace

std::size_t json_size(std::span<const tls::CertificateStatus> certificates) {
    std::size_t size = 64;
    for (const auto& certificate : certificates) {
        size += 512 + 6 * (certificate.name.size() + certificate.file.size() + certificate.reason.size() +
                           certificate.serial.size());
        for (const auto& name : certificate.names) size += 6 * name.size() + 64;
    }
    return size;
}

void write_certificates(JsonWriter& json, std::span<const tls::CertificateStatus> certificates,
                        WallTime now) {
    json.key("certificates").begin_array();
    for (const auto& certificate : certificates) {
        json.begin_object();
        json.key("name").value(certificate.name);
        json.key("file").value(certificate.file);
        json.key("state").value(to_string(certificate.state));
        if (!certificate.reason.empty()) json.key("reason").value(certificate.reason);
        if (certificate.not_after != 0) {
            json.key("names").begin_array();
            for (const auto& name : certificate.names) json.value(name);
            json.end_array();
            json.key("not_after").value(iso_time(certificate.not_after));
            json.key("days_left").value(days_left(certificate, now));
            json.key("serial").value(certificate.serial);
            json.key("key_type").value(certificate.key_type);
        }
        json.end_object();
    }
    json.end_array();
}

void append_certificates(std::string& text, std::span<const tls::CertificateStatus> certificates,
                         WallTime now) {
    if (certificates.empty()) return;
    std::size_t width = 11;
    for (const auto& certificate : certificates)
        width = std::max(width, std::min<std::size_t>(certificate.name.size(), 40));
    text += "\n" + padded("certificate", width) + padded("state", 8) + padded("ends", 10) +
            padded("days", 5) + padded("key", 5) + "names\n";
    for (const auto& certificate : certificates) {
        const bool loaded = certificate.not_after != 0;
        text += padded(certificate.name, width) + padded(std::string(to_string(certificate.state)), 8) +
                padded(loaded ? iso_time(certificate.not_after).substr(0, 10) : "-", 10) +
                padded(loaded ? std::to_string(days_left(certificate, now)) : "-", 5) +
                padded(loaded ? certificate.key_type : "-", 5) + names_of(certificate) + "\n";
        if (!certificate.reason.empty()) text += "  " + certificate.reason + "\n";
    }
}

}  // namespace baton::upgrade
