#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

using namespace baton::config;

namespace {

const std::string folder = BATON_SOURCE_DIR "/tests/fixtures/config/";

std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// Loads a fixture under its bare name and prints what was found.
std::string findings_of(const std::string& name, FindingFormat format = FindingFormat::text) {
    const auto result = load_config_text(content(folder + name), name);
    BOOST_TEST(!result.ok());
    return format_findings(result.findings, format);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mistakes)

BOOST_AUTO_TEST_CASE(the_draft_of_the_language_gets_its_messages) {
    BOOST_TEST(findings_of("draft.yaml") == content(folder + "draft.expected"));
}

BOOST_AUTO_TEST_CASE(every_mistake_about_tls_is_told_at_its_place) {
    BOOST_TEST(findings_of("tls.yaml") == content(folder + "tls.expected"));
}

BOOST_AUTO_TEST_CASE(every_mistake_of_a_file_is_told_in_one_run) {
    BOOST_TEST(findings_of("mistakes.yaml") == content(folder + "mistakes.expected"));
    const auto result = load_config_text(content(folder + "mistakes.yaml"), "mistakes.yaml");
    std::vector<std::string> codes;
    for (const Finding& finding : result.findings) codes.push_back(finding.code);
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    BOOST_TEST(codes.size() >= 12U);
}

BOOST_AUTO_TEST_CASE(the_keys_of_later_versions_are_refused_by_name) {
    const auto result = load_config_text(content(folder + "later.yaml"), "later.yaml");
    for (const Finding& finding : result.findings) {
        if (finding.severity == Severity::error)
            BOOST_TEST(finding.code == "E-UNSUPPORTED", finding.message << " at line " << finding.line);
    }
    BOOST_TEST(result.findings.size() >= 35U);
}

BOOST_AUTO_TEST_SUITE_END()
