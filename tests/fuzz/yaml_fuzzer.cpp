/// Loads any bytes as a configuration: it must end in a `Config` or in errors with places that exist.
#include "config/dump.h"
#include "config/load_config.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace baton::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    // Files and the environment are not part of the input.
    if (text.find("include") != std::string_view::npos || text.find("${") != std::string_view::npos) return 0;
    const LoadResult result = load_config_text(text, "fuzz.yaml");
    const bool has_error =
        std::any_of(result.findings.begin(), result.findings.end(),
                    [](const Finding& finding) { return finding.severity == Severity::error; });
    if (result.ok() == has_error) std::abort();
    for (const Finding& finding : result.findings) {
        if (finding.line < 0 || finding.column < 0 || finding.message.empty()) std::abort();
        if (explain_code(finding.code).empty()) std::abort();
    }
    for (const auto format :
         {FindingFormat::text, FindingFormat::json, FindingFormat::gcc, FindingFormat::github})
        format_findings(result.findings, format);
    if (!result.ok()) return 0;
    const LoadResult again = load_config_text(dump(*result.config), "fuzz.yaml");
    if (!again.ok() || again.config->hash != result.config->hash) std::abort();
    return 0;
}
