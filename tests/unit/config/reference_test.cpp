#include "config/reference.h"

#include "config/keys.h"
#include "config/yaml_node.h"
#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <functional>
#include <set>
#include <sstream>

using namespace baton::config;

namespace {

const std::string page = BATON_SOURCE_DIR "/docs/configuration.md";

/// Visits every key of every block once.
void for_each_key(const Block& block, std::set<const Block*>& seen,
                  const std::function<void(const Block&, const Key&)>& visit) {
    if (!seen.insert(&block).second) return;
    for (const Key& key : block.keys) {
        visit(block, key);
        if (key.block != nullptr) for_each_key(*key.block, seen, visit);
    }
}
void for_each_key(const std::function<void(const Block&, const Key&)>& visit) {
    std::set<const Block*> seen;
    for_each_key(top_level, seen, visit);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(every_key_and_block_has_a_line_of_documentation) {
    for_each_key([](const Block& block, const Key& key) {
        BOOST_TEST(!key.doc.empty(), block.name << "." << key.name);
        BOOST_TEST(!block.doc.empty(), block.name);
    });
}

BOOST_AUTO_TEST_CASE(every_supported_key_has_a_binder_and_every_block_its_keys) {
    for_each_key([](const Block& block, const Key& key) {
        const bool supported = key.support == Support::yes;
        BOOST_TEST((key.bind != nullptr) == supported, block.name << "." << key.name);
        if (supported)
            BOOST_TEST((key.block != nullptr) == (key.type == Type::block), block.name << "." << key.name);
        if (key.type == Type::choice) BOOST_TEST(!key.choices.empty(), block.name << "." << key.name);
        if (!key.choices.empty() && key.shape == Shape::one && !key.default_text.empty())
            BOOST_TEST(has_word(key.choices, key.default_text), block.name << "." << key.name);
    });
}

BOOST_AUTO_TEST_CASE(no_key_is_named_so_that_yaml_takes_it_for_a_truth_value) {
    for_each_key([](const Block& block, const Key& key) {
        BOOST_TEST(!has_word("on|off|yes|no|y|n|true|false|null", key.name), block.name << "." << key.name);
    });
}

BOOST_AUTO_TEST_CASE(no_key_stands_twice_in_a_block) {
    for_each_key([](const Block& block, const Key& key) {
        BOOST_TEST(block.find(key.name) == &key, block.name << "." << key.name);
    });
}

BOOST_AUTO_TEST_CASE(the_committed_page_is_the_generated_one) {
    if (std::getenv("BATON_WRITE_REFERENCE") != nullptr)
        std::ofstream(page, std::ios::binary) << reference_page();
    std::ostringstream committed;
    committed << std::ifstream(page, std::ios::binary).rdbuf();
    BOOST_TEST((committed.str() == reference_page()),
               "run unit_config with BATON_WRITE_REFERENCE=1 and commit the page");
}

BOOST_AUTO_TEST_CASE(the_schema_is_well_formed_and_its_references_lead_somewhere) {
    Report report;
    const SourceFile source("schema.json", json_schema());
    const NodePtr schema = read_yaml(source, report);  // JSON is YAML
    const auto findings = report.sorted();
    BOOST_REQUIRE_MESSAGE(schema && findings.empty(), format_findings(findings, FindingFormat::text));
    const Node& definitions = *schema->find("definitions")->value;
    const std::string text = json_schema();
    const std::string start = "\"#/definitions/";
    for (std::size_t at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
        const std::size_t begin = at + start.size();
        const std::string name = text.substr(begin, text.find('"', begin) - begin);
        BOOST_TEST((definitions.find(name) != nullptr), name);
    }
}

BOOST_AUTO_TEST_CASE(the_schema_knows_every_supported_key_and_no_other) {
    const std::string text = json_schema();
    for_each_key([&](const Block& block, const Key& key) {
        if (key.support == Support::yes)
            BOOST_TEST(text.find("\"" + std::string(key.name) + "\": {") != std::string::npos,
                       block.name << "." << key.name);
    });
    BOOST_TEST(text.find("\"rate_limits\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_schema_accepts_words_as_editors_read_them) {
    const std::string text = json_schema();
    BOOST_TEST(text.find(R"({"enum": ["auto", "on", true, "off", false]})") != std::string::npos);
    BOOST_TEST(text.find(R"({"enum": ["1.2", 1.2, "1.3", 1.3]})") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
