#include "server/tls/material_report.h"

#include "config/finding_at.h"

#include <utility>

namespace baton::tls {

using config::Severity;

void MaterialReport::error(const config::Origin& origin, std::string_view code, std::string key_path,
                           std::string message, std::string help) {
    findings_.push_back(config::finding_at(origin, Severity::error, code, std::move(key_path),
                                           std::move(message), std::move(help)));
}

void MaterialReport::warning(const config::Origin& origin, std::string_view code, std::string key_path,
                             std::string message, std::string help) {
    findings_.push_back(config::finding_at(origin, Severity::warning, code, std::move(key_path),
                                           std::move(message), std::move(help)));
}

void MaterialReport::left_out(const config::Origin& origin, std::string_view code, std::string key_path,
                              std::string message) {
    if (forgives_) {
        warning(origin, code, std::move(key_path), std::move(message), "left out");
    } else {
        error(origin, code, std::move(key_path), std::move(message));
    }
}

void MaterialReport::add(const Remark& remark) {
    if (remark.code.starts_with("E-")) {
        left_out(remark.file.origin, remark.code, remark.key_path, remark.text);
    } else {
        warning(remark.file.origin, remark.code, remark.key_path, remark.text);
    }
}

}  // namespace baton::tls
