#include "server/process/loaded_configuration.h"

#include "server/log/log.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace baton {

std::string LoadedConfiguration::report() const {
    return config::format_findings(findings, config::FindingFormat::text);
}

LoadedConfiguration load_configuration(const std::string& file, tls::Strictness strictness) {
    auto loaded = config::load_config(file);
    LoadedConfiguration result{std::move(loaded.config), nullptr, std::move(loaded.findings)};
    if (!result.ok()) return result;
    auto tls = tls::load_material(*result.config, strictness);
    std::ranges::stable_sort(tls.findings, [](const auto& a, const auto& b) {
        return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    if (!tls.ok()) result.config = nullptr;
    result.material = std::move(tls.material);
    std::ranges::move(tls.findings, std::back_inserter(result.findings));
    return result;
}

void log_left_out(const LoadedConfiguration& loaded) {
    for (const auto& finding : loaded.findings) {
        if (finding.severity == config::Severity::warning && finding.code.starts_with("E-"))
            log::error("certificate.left_out").with("key", finding.path).with("error", finding.message);
    }
}

}  // namespace baton
