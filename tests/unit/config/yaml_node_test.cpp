#include "config/yaml_node.h"

#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

struct Read {
    explicit Read(std::string text)
        : source("baton.yaml", std::move(text)), root(read_yaml(source, report)) {}
    std::string first() const {
        const auto findings = report.sorted();
        if (findings.empty()) return "nothing";
        const Finding& f = findings.front();
        return std::to_string(f.line) + ":" + std::to_string(f.column) + " " + f.code + " " + f.message;
    }
    Report report;
    SourceFile source;
    NodePtr root;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(yaml_tree)

BOOST_AUTO_TEST_CASE(scalars_are_text_with_their_extent) {
    const Read read("a: no\nb: 'it''s'  # c\n");
    BOOST_REQUIRE(read.root);
    const Node& plain = *read.root->find("a")->value;
    BOOST_TEST(plain.text == "no");
    BOOST_TEST(plain.place.column == 4);
    BOOST_TEST(plain.place.end_column == 6);
    const Node& quoted = *read.root->find("b")->value;
    BOOST_TEST(quoted.text == "it's");
    BOOST_TEST(quoted.quoted);
    BOOST_TEST(quoted.place.end_column == 11);
}

BOOST_AUTO_TEST_CASE(an_alias_shares_its_anchor_and_merge_keys_are_expanded) {
    const Read read("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {c: 4}]}\n");
    BOOST_REQUIRE(read.root);
    const Node& y = *read.root->find("y")->value;
    BOOST_TEST(y.find("a")->value->text == "1");
    BOOST_TEST(y.find("b")->value->text == "3");
    BOOST_TEST(y.find("<<") == nullptr);
    BOOST_TEST(read.root->find("z")->value->find("c")->value->text == "4");
}

BOOST_AUTO_TEST_CASE(a_merge_key_wants_maps) {
    BOOST_TEST(Read("a: {<<: 1}\n").first() == "1:9 E-SYNTAX `<<` wants a map or a list of maps");
}

BOOST_AUTO_TEST_CASE(a_duplicate_key_is_reported_and_the_first_stays) {
    const Read read("a: 1\na: 2\n");
    BOOST_TEST(read.first() == "2:1 E-DUP duplicate key `a`");
    BOOST_TEST(read.root->find("a")->value->text == "1");
}

BOOST_AUTO_TEST_CASE(an_alias_bomb_is_refused_before_it_unfolds) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 20; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) text += (j == 0 ? "" : ", ") + last + " ";
        text += "]\n";
    }
    BOOST_TEST(Read(text).first().ends_with("E-SYNTAX more than 100000 nodes after aliases are expanded"));
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded_with_and_without_aliases) {
    BOOST_TEST(Read(std::string(40, '[') + std::string(40, ']')).first() ==
               "1:33 E-SYNTAX nested too deeply");
    std::string aliased = "a: &a " + std::string(20, '[') + std::string(20, ']') + "\n";
    aliased += "b: " + std::string(20, '[') + "*a " + std::string(20, ']') + "\n";
    BOOST_TEST(Read(aliased).first() == "2:24 E-SYNTAX nested too deeply");
}

BOOST_AUTO_TEST_CASE(an_anchor_may_not_hold_itself) {
    BOOST_TEST(Read("a: &a [*a ]\n").first() == "1:8 E-SYNTAX an alias may not stand inside its own anchor");
}

BOOST_AUTO_TEST_CASE(a_quote_that_is_never_closed_is_found_at_its_beginning) {
    BOOST_TEST(Read("a: b\nc: 'open\n").first() == "2:4 E-SYNTAX this quote is never closed");
    BOOST_TEST(Read("c: \"open\\\"\n").first() == "1:4 E-SYNTAX this quote is never closed");
    BOOST_TEST(Read("c: 'it''s'\n").first() == "nothing");
    BOOST_TEST(Read("c: &x 'two\n  lines'\n").first() == "nothing");
}

BOOST_AUTO_TEST_CASE(a_tab_in_the_indentation_gets_its_own_hint) {
    BOOST_TEST(Read("a:\n\t- b\n").first() == "2:2 E-SYNTAX a tab in the indentation");
}

BOOST_AUTO_TEST_CASE(a_second_document_is_an_error) {
    BOOST_TEST(Read("a: 1\n---\nb: 2\n").first() == "2:1 E-SYNTAX several documents in one file");
    BOOST_TEST(Read("---\na: 1\n...\n").first() == "nothing");
}

BOOST_AUTO_TEST_CASE(tags_and_keys_that_are_no_text_are_refused) {
    BOOST_TEST(Read("a: !x b\n").first().ends_with("tags such as `!name` are not used here"));
    BOOST_TEST(Read("? [a]\n: b\n").first().ends_with("a key must be a plain text"));
}

BOOST_AUTO_TEST_CASE(an_empty_document_is_an_empty_map) {
    for (const char* text : {"", "# only a comment\n", "---\n", "~\n"}) {
        const Read read(text);
        BOOST_REQUIRE(read.root);
        BOOST_TEST((read.root->kind == Node::Kind::map), text);
    }
}

BOOST_AUTO_TEST_CASE(a_null_value_is_placed_at_its_key) {
    const Read read("a:\nb: 1\n");
    BOOST_TEST(read.root->find("a")->value->place.line == 1);
}

BOOST_AUTO_TEST_SUITE_END()
