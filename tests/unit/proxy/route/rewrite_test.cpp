#include "proxy/route/rewrite.h"

#include <boost/test/unit_test.hpp>

using namespace baton;

namespace {

config::Rewrite rule(std::string strip, std::string add, std::string_view pattern = {},
                     std::string_view replace = {}) {
    config::Rewrite rewrite;
    rewrite.strip_prefix = std::move(strip);
    rewrite.add_prefix = std::move(add);
    std::string error;
    if (!pattern.empty()) rewrite.regex = config::Regex::compile(pattern, error);
    rewrite.replace = *config::Template::parse(replace);
    return rewrite;
}

std::string rewritten(const config::Rewrite& rewrite, std::string_view path,
                      const route::TemplateValues& values = {}) {
    route::RewriteScratch scratch;
    const auto result = route::rewrite_path(rewrite, path, values, scratch);
    return result ? std::string(*result) : "refused";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rewrite)

BOOST_AUTO_TEST_CASE(prefixes_are_stripped_and_added_on_segment_borders) {
    struct Row {
        std::string strip, add;
        std::string_view path, result;
    };
    const Row rows[] = {
        {"", "", "/a", "/a"},
        {"/api", "", "/api/x", "/x"},
        {"/api/", "", "/api/x", "/x"},
        {"/api", "", "/api", "/"},
        {"/api", "", "/api/", "/"},
        {"/api", "", "/apix", "/apix"},
        {"/api", "", "/v1/api", "/v1/api"},
        {"", "/v2", "/x", "/v2/x"},
        {"", "/v2/", "/x", "/v2/x"},
        {"", "v2", "/x", "/v2/x"},
        {"/api", "/v2", "/api/x", "/v2/x"},
        {"/api", "/v2", "/other", "/v2/other"},
        {"", "/a b", "/x", "/a%20b/x"},
        {"/api", "/v2", "*", "*"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.strip << " " << row.add << " " << row.path) {
            BOOST_TEST(rewritten(rule(row.strip, row.add), row.path) == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_regex_replaces_its_first_match_with_groups_and_variables) {
    BOOST_TEST(rewritten(rule("", "", "^/u/([0-9]+)", "/users/\\1"), "/u/42/x") == "/users/42/x");
    BOOST_TEST(rewritten(rule("/api", "/v2", "^/v2/(.*)$", "/new/\\1"), "/api/x") == "/new/x");
    BOOST_TEST(rewritten(rule("", "", "^/none", "/x"), "/u") == "/u");
    route::TemplateValues values;
    values.host = "example.com";
    BOOST_TEST(rewritten(rule("", "", "^/", "/{host}/"), "/a", values) == "/example.com/a");
}

BOOST_AUTO_TEST_CASE(a_replacement_stays_within_the_path) {
    http::FieldList fields;
    fields.add({"X-Tenant", "a b?c#d\\1", http::FieldId::other});
    route::TemplateValues values;
    values.fields = &fields;
    BOOST_TEST(rewritten(rule("", "", "^/", "/{header.x-tenant}/"), "/p", values) == "/a%20b%3Fc%23d%5C1/p");
    BOOST_TEST(rewritten(rule("", "", "^/", "/a?b#c d/"), "/p") == "/a%3Fb%23c%20d/p");
}

BOOST_AUTO_TEST_CASE(a_replacement_that_climbs_is_refused) {
    http::FieldList fields;
    fields.add({"X-Tenant", "..", http::FieldId::other});
    route::TemplateValues values;
    values.fields = &fields;
    BOOST_TEST(rewritten(rule("", "", "^/", "/tenants/{header.x-tenant}/"), "/p", values) == "refused");
    BOOST_TEST(rewritten(rule("", "", "^/", "/{header.x-tenant}/"), "/p", values) == "refused");
    BOOST_TEST(rewritten(rule("", "", "^/.*", "nowhere"), "/p") == "refused");
    BOOST_TEST(rewritten(rule("", "", "x", ""), "/.x./p") == "refused");
}

BOOST_AUTO_TEST_SUITE_END()
