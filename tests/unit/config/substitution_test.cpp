#include "config/dump.h"
#include "tests/unit/config/loading.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace baton::config;

namespace {

/// Sets an environment variable for one test.
struct SetVariable {
    SetVariable(const char* name_, const char* value) : name(name_) { ::setenv(name, value, 1); }
    ~SetVariable() { ::unsetenv(name); }
    const char* name;
};

std::string body_of(const LoadResult& result) {
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    const auto& respond = std::get<Respond>(result.config->hosts.at(0).routes.at(0).action);
    std::string text;
    for (const auto& part : respond.body.parts()) text += part.is_variable ? "<variable>" : part.text;
    return text;
}

std::string responding(const std::string& body) {
    return with_route("respond: { body: \"" + body + "\" }");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(substitution)

BOOST_AUTO_TEST_CASE(a_variable_of_the_environment_replaces_its_name) {
    const SetVariable set("BATON_TEST_WORD", "hello");
    BOOST_TEST(body_of(load(responding("<${BATON_TEST_WORD}>"))) == "<hello>");
    BOOST_TEST(body_of(load(responding("${BATON_TEST_WORD:-other}"))) == "hello");
}

BOOST_AUTO_TEST_CASE(a_default_stands_in_for_what_is_unset_or_empty) {
    const SetVariable set("BATON_TEST_EMPTY", "");
    BOOST_TEST(body_of(load(responding("${BATON_TEST_UNSET:-a b}"))) == "a b");
    BOOST_TEST(body_of(load(responding("${BATON_TEST_EMPTY:-x}"))) == "x");
    BOOST_TEST(body_of(load(responding("[${BATON_TEST_EMPTY}]"))) == "[]");
}

BOOST_AUTO_TEST_CASE(an_unset_variable_is_an_error_at_its_place) {
    const auto result = load(minimal_with("process: { user: \"a-${BATON_TEST_UNSET}\" }\n"));
    BOOST_TEST(place_of(result, "E-ENV") == "7:21");
    BOOST_TEST(finding_of(load(responding("${BATON_TEST_UNSET:?ask the operator}")), "E-ENV").help ==
               "ask the operator");
}

BOOST_AUTO_TEST_CASE(names_without_braces_and_doubled_dollars_are_left_alone) {
    BOOST_TEST(body_of(load(responding("$HOME $1 $"))) == "$HOME $1 $");
    BOOST_TEST(body_of(load(responding("$${HOME}"))) == "${HOME}");
}

BOOST_AUTO_TEST_CASE(what_is_no_substitution_is_refused) {
    for (const char* body : {"${", "${}", "${A-b}", "${1A}", "${A:+b}", "${file:}", "${cred:../x}"})
        BOOST_TEST(finding_of(load(responding(body)), "E-ENV").code == "E-ENV", body);
}

BOOST_AUTO_TEST_CASE(a_value_injects_neither_structure_nor_variables) {
    const SetVariable set("BATON_TEST_EVIL", "} , x: [ {host} \\");
    BOOST_TEST(body_of(load(responding("${BATON_TEST_EVIL}"))) == "} , x: [ {host} \\");
}

BOOST_AUTO_TEST_CASE(numbers_may_come_from_the_environment) {
    const SetVariable set("BATON_TEST_WORKERS", "3");
    const auto result = load(minimal_with("process:\n  workers: ${BATON_TEST_WORKERS}\n"));
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    BOOST_TEST(result.config->process.workers == 3U);
}

BOOST_AUTO_TEST_CASE(a_secret_is_read_without_its_last_newline_and_never_shown) {
    const baton::test::TemporaryFolder folder;
    const std::string path = write_file(folder, "secret", "hunter2\n");
    ::chmod(path.c_str(), 0600);
    const auto result = load(responding("Bearer ${file:" + path + "}"));
    BOOST_TEST(body_of(result) == "Bearer hunter2");
    BOOST_TEST(finding_of(result, "W-WORLD-READABLE").code == "");
    BOOST_TEST(dump(*result.config).find("hunter2") == std::string::npos);
    BOOST_TEST(dump(*result.config).find("body: \"[redacted]\"") != std::string::npos, dump(*result.config));
}

BOOST_AUTO_TEST_CASE(a_changed_secret_changes_the_hash_and_no_message_shows_it) {
    const baton::test::TemporaryFolder folder;
    const std::string path = write_file(folder, "secret", "one");
    const std::string first = load(responding("${file:" + path + "}")).config->hash;
    write_file(folder, "secret", "two");
    BOOST_TEST(load(responding("${file:" + path + "}")).config->hash != first);
    const auto wrong = load(minimal_with("process: { workers: \"${file:" + path + "}\" }\n"));
    BOOST_TEST(!wrong.ok());
    for (const Finding& finding : wrong.findings)
        BOOST_TEST((finding.message + finding.help).find("two") == std::string::npos, finding.message);
}

BOOST_AUTO_TEST_CASE(a_secret_that_others_can_read_is_a_warning) {
    const baton::test::TemporaryFolder folder;
    const std::string path = write_file(folder, "secret", "x");
    ::chmod(path.c_str(), 0644);
    const auto result = load(responding("${file:" + path + "}"));
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-WORLD-READABLE") == "6:27");
}

BOOST_AUTO_TEST_CASE(a_missing_file_or_credential_is_an_error) {
    BOOST_TEST(finding_of(load(responding("${file:/nowhere/at/all}")), "E-FILE").message ==
               "cannot read `/nowhere/at/all`: No such file or directory");
    BOOST_TEST(finding_of(load(responding("${file:/dev/null}")), "E-FILE").code == "E-FILE");
    BOOST_TEST(finding_of(load(responding("${cred:x}")), "E-ENV").help == "CREDENTIALS_DIRECTORY is not set");
}

BOOST_AUTO_TEST_CASE(a_credential_of_systemd_is_a_secret) {
    const baton::test::TemporaryFolder folder;
    write_file(folder, "token", "abc\n");
    const std::string directory = folder.path().string();
    const SetVariable set("CREDENTIALS_DIRECTORY", directory.c_str());
    const auto result = load(responding("${cred:token}"));
    BOOST_TEST(body_of(result) == "abc");
    BOOST_TEST(dump(*result.config).find("abc") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_stands_under_ignored_keys_is_not_substituted) {
    BOOST_TEST(load(minimal_with("x-unused: \"${BATON_TEST_UNSET}\"\n")).ok());
}

BOOST_AUTO_TEST_SUITE_END()
