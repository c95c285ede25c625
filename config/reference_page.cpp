#include "config/finding.h"
#include "config/keys.h"
#include "config/reference.h"

#include <algorithm>
#include <set>
#include <string>

namespace baton::config {
namespace {

constexpr std::string_view introduction = R"(# Configuration reference

This page is made from the table of keys in the folder `config`, as are the checks, the defaults and the JSON Schema
(`baton config schema`). A test compares them; `BATON_WRITE_REFERENCE=1` in its environment writes the page.

`listeners` (where) → `hosts` (which name) → `routes` (what) → `upstreams` (who). Seven lines are a configuration:

```yaml
listeners:
  - ":8080"
hosts:
  - routes:
      - to: app
upstreams:
  app: ["127.0.0.1:3000"]
```

**Values.** `duration` is `250ms`, `30s`, `5m`, `1h`, `1d` or combined `1h30m`; `size` is `512B`, `16KiB`, `10MiB`, `1GiB`
or decimal `10MB`; `percent` is `50%`. The unit is compulsory; `0` or `off` switches off where `off` is listed. Truth
values are `true` and `false`. "or one" means that a list of one item may be written without brackets.

**Inheritance.** The nearest value wins, key by key: `defaults` → listener → host → upstream → route. Header rules merge from
outside in.

**Variables** in a `template`: `{host}` `{uri}` `{path}` `{query}` `{method}` `{scheme}` `{client_ip}` `{client_port}`
`{endpoint}` `{request_id}` `{header.NAME}` `{cookie.NAME}` `{query.NAME}` `{re.1}` `{tls.version}`
`{tls.client_subject}` `{upstream}` `{status}` `{duration}`. A literal brace is `\{`. Quote the value: an unquoted
`{host}` is a YAML map.

**Substitution** when the file is loaded, in values only: `${VAR}`, `${VAR:-default}`, `${VAR:?message}`,
`${file:/run/secrets/x}` (one trailing newline is dropped), `${cred:NAME}` (systemd credentials). `$name` without
braces stays as it is, `$${` is a literal `${`. What comes from `file:` and `cred:` is secret: `baton config dump` and
messages do not show it.

**YAML.** Anchors, aliases and `<<` work within a file; top-level keys that begin with `x-` are ignored and may hold anchors.
Duplicate keys are errors. A file has one document, at most 4 MiB, 32 levels and 100000 nodes after aliases are expanded.
Relative paths are relative to the directory of the main file.

`baton check` reports every mistake of all files at once; `baton check --explain E-UNIT` explains a code. The codes:
)";

std::string cell(std::string_view text) {
    std::string result;
    for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
    return result;
}

std::string joined(std::string_view words, std::string_view separator) {
    std::string text;
    for_each_word(words, [&](std::string_view word) {
        text += (text.empty() ? "" : std::string(separator)) + std::string(word);
    });
    return text;
}

bool has_section(const Block& block) {
    const auto sections = reference_blocks();
    return std::find(sections.begin(), sections.end(), &block) != sections.end();
}

std::string value_name(const Key& key) {
    switch (key.type) {
        case Type::boolean: return "bool";
        case Type::integer: return "int";
        case Type::duration: return "duration";
        case Type::size: return "size";
        case Type::percent: return "percent";
        case Type::expression: return "template";
        case Type::choice: return joined(key.choices, " | ");
        case Type::cidr: return "cidr";
        case Type::pattern: return "regex";
        case Type::text:
        case Type::listen_address:
        case Type::endpoint_address:
        case Type::condition:
        case Type::url_path:
        case Type::method:
        case Type::header_name:
        case Type::host_name:
        case Type::token:
        case Type::file_path:
        case Type::output:
        case Type::file_mode: return "string";
        case Type::block: return has_section(*key.block) ? std::string(key.block->name) : "block";
    }
    return {};
}

std::string type_name(const Key& key) {
    std::string name = value_name(key);
    if (!key.word.empty()) name += " | " + std::string(key.word);
    switch (key.shape) {
        case Shape::one: break;
        case Shape::list: name = "list<" + name + ">"; break;
        case Shape::list_or_one: name = "list<" + name + "> or one"; break;
        case Shape::map: name = "map<" + name + ">"; break;
    }
    if (key.type == Type::block && !key.block->scalar_key.empty() && key.shape == Shape::one)
        name += " or string";
    return name;
}

std::string default_name(const Key& key) {
    if (key.presence == Presence::required) return "**required**";
    if (!key.default_note.empty()) return std::string(key.default_note);
    if (key.default_text.empty()) return key.shape == Shape::one && key.type != Type::block ? "unset" : "—";
    if (key.shape == Shape::one) return "`" + std::string(key.default_text) + "`";
    return key.default_text == "*" ? "`[\"*\"]`" : "`[" + joined(key.default_text, ", ") + "]`";
}

void add_rows(std::string& page, const Block& block, const std::string& prefix) {
    for (const Key& key : block.keys) {
        if (key.support == Support::not_yet) continue;
        std::string meaning{key.doc};
        if (!key.except.empty())
            meaning +=
                " Without `" + joined(key.except, "`, `") + "`: " + std::string(key.except_reason) + ".";
        const std::string name = prefix + std::string(key.name);
        page += "| `" + name + "` | " + "`" + cell(type_name(key)) + "`" + " | " + cell(default_name(key)) +
                " | " + cell(meaning) + " |\n";
        if (key.type != Type::block || has_section(*key.block)) continue;
        add_rows(page, *key.block, name + (key.shape == Shape::one ? "." : "[]."));
    }
}

/// Collects the keys that are refused, with their paths.
void add_unsupported(std::set<std::string>& names, const Block& block, const std::string& prefix) {
    for (const Key& key : block.keys) {
        const std::string name = prefix + std::string(key.name);
        if (key.support == Support::not_yet) names.insert("`" + name + "`");
        if (key.type == Type::block && !has_section(*key.block))
            add_unsupported(names, *key.block, name + ".");
    }
}

}  // namespace

std::string reference_page() {
    std::string page{introduction};
    for (const std::string_view code : all_codes()) page += "`" + std::string(code) + "` ";
    page.back() = '\n';
    std::set<std::string> unsupported;
    for (const Block* block : reference_blocks()) {
        const bool is_top = block == &top_level;
        page += "\n## " + std::string(is_top ? "Top level" : block->name) + "\n\n" + std::string(block->doc) +
                "\n\n";
        page += "| key | type | default | meaning |\n|---|---|---|---|\n";
        add_rows(page, *block, "");
        add_unsupported(unsupported, *block, is_top ? "" : std::string(block->name) + ".");
    }
    page +=
        "\n## Not in this version\n\nThese belong to the language and are refused with E-UNSUPPORTED until "
        "Baton can do "
        "what they say:\n\n";
    for (const std::string& name : unsupported) page += "- " + name + "\n";
    return page;
}

}  // namespace baton::config
