#include "config/finding.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

Finding example() {
    Finding finding;
    finding.code = "E-KEY";
    finding.file = "baton.yaml";
    finding.line = 6;
    finding.column = 18;
    finding.end_column = 23;
    finding.path = "hosts[0].routes[0].match.prefx";
    finding.message = "unknown key `prefx` in match";
    finding.help = "did you mean `prefix`?";
    finding.source_line = "      - match: { prefx: /api }";
    return finding;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(finding_format)

BOOST_AUTO_TEST_CASE(text_shows_the_line_the_carets_and_the_count) {
    BOOST_TEST(format_findings({example()}, FindingFormat::text) ==
               "baton.yaml:6:18: error: unknown key `prefx` in match [E-KEY]\n"
               "  6 |       - match: { prefx: /api }\n"
               "    |                  ^~~~~ did you mean `prefix`?\n"
               "\n"
               "baton.yaml: 1 error\n");
}

BOOST_AUTO_TEST_CASE(errors_and_warnings_are_counted_apart) {
    Finding warning = example();
    warning.severity = Severity::warning;
    const std::string text = format_findings({example(), example(), warning}, FindingFormat::text);
    BOOST_TEST(text.ends_with("\nbaton.yaml: 2 errors, 1 warning\n"));
}

BOOST_AUTO_TEST_CASE(nothing_found_prints_nothing) {
    BOOST_TEST(format_findings({}, FindingFormat::text).empty());
    BOOST_TEST(format_findings({}, FindingFormat::json).empty());
}

BOOST_AUTO_TEST_CASE(carets_stand_under_characters_not_bytes_and_keep_tabs) {
    Finding finding = example();
    finding.source_line = "\té: x";
    finding.column = 6;
    finding.end_column = 7;
    finding.help.clear();
    const std::string text = format_findings({finding}, FindingFormat::text);
    BOOST_TEST(text.find("    | \t   ^\n") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_long_line_is_shown_around_the_place) {
    Finding finding = example();
    finding.source_line = std::string(1000, 'a') + "HERE" + std::string(1000, 'b');
    finding.column = 1001;
    finding.end_column = 1005;
    const std::string text = format_findings({finding}, FindingFormat::text);
    BOOST_TEST(text.find("aHEREb") != std::string::npos);
    BOOST_TEST(text.find("^~~~ did") != std::string::npos);
    BOOST_TEST(text.size() < 600U);
}

BOOST_AUTO_TEST_CASE(a_long_line_that_is_no_utf8_is_shown_all_the_same) {
    Finding finding = example();
    finding.source_line = std::string(1000, '\x80');
    finding.column = 900;
    finding.end_column = 901;
    BOOST_TEST(format_findings({finding}, FindingFormat::text).find('^') != std::string::npos);
}

BOOST_AUTO_TEST_CASE(control_characters_of_a_file_do_not_reach_the_terminal) {
    Finding finding = example();
    finding.source_line = "a\x1b[31mb";
    finding.message = "bad \x1b]0;title\a";
    BOOST_TEST(format_findings({finding}, FindingFormat::text).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_finding_about_a_whole_file_has_no_line) {
    Finding finding;
    finding.code = "E-FILE";
    finding.file = "baton.yaml";
    finding.message = "cannot read it";
    BOOST_TEST(format_findings({finding}, FindingFormat::text) ==
               "baton.yaml: error: cannot read it [E-FILE]\n\nbaton.yaml: 1 error\n");
}

BOOST_AUTO_TEST_CASE(json_is_one_object_a_line_with_related_places) {
    Finding finding = example();
    finding.message = "say \"hi\"\n";
    finding.related.push_back({"other.yaml", 3});
    BOOST_TEST(
        format_findings({finding}, FindingFormat::json) ==
        R"({"severity":"error","code":"E-KEY","file":"baton.yaml","line":6,"column":18,"end_column":23,)"
        R"("path":"hosts[0].routes[0].match.prefx","message":"say \"hi\"\u000a",)"
        R"("help":"did you mean `prefix`?","related":[{"file":"other.yaml","line":3}]})"
        "\n");
}

BOOST_AUTO_TEST_CASE(gcc_and_github_forms_are_one_line_each) {
    BOOST_TEST(format_findings({example()}, FindingFormat::gcc) ==
               "baton.yaml:6:18: error: unknown key `prefx` in match (did you mean `prefix`?) [E-KEY]\n");
    BOOST_TEST(format_findings({example()}, FindingFormat::github) ==
               "::error file=baton.yaml,line=6,col=18,endColumn=23,title=E-KEY::unknown key `prefx` in match "
               "(did you mean `prefix`?)\n");
}

BOOST_AUTO_TEST_CASE(colour_is_only_added) {
    std::string coloured = format_findings({example()}, FindingFormat::text, Colour::always);
    BOOST_TEST(coloured.find("\x1b[1;31m") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_code_is_explained) {
    for (const auto code : all_codes()) BOOST_TEST(explain_code(code).size() > 20U, code);
    BOOST_TEST(explain_code("E-NOTHING").empty());
}

BOOST_AUTO_TEST_SUITE_END()
