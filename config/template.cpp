#include "config/template.h"

#include "config/did_you_mean.h"
#include "config/field_name.h"

#include <algorithm>
#include <array>

namespace baton::config {
namespace {

struct Word {
    std::string_view name;  // with a trailing dot when an argument follows
    Variable variable;
};

constexpr std::array words{
    Word{"host", Variable::host},
    Word{"uri", Variable::uri},
    Word{"path", Variable::path},
    Word{"query", Variable::query},
    Word{"method", Variable::method},
    Word{"scheme", Variable::scheme},
    Word{"client_ip", Variable::client_ip},
    Word{"client_port", Variable::client_port},
    Word{"endpoint", Variable::endpoint},
    Word{"request_id", Variable::request_id},
    Word{"header.", Variable::header},
    Word{"cookie.", Variable::cookie},
    Word{"query.", Variable::query_parameter},
    Word{"re.", Variable::regex_group},
    Word{"tls.version", Variable::tls_version},
    Word{"tls.client_subject", Variable::tls_client_subject},
    Word{"upstream", Variable::upstream},
    Word{"status", Variable::status},
    Word{"duration", Variable::duration},
};

bool is_argument_of(Variable variable, std::string_view argument) {
    if (variable == Variable::regex_group)
        return argument.size() == 1 && argument.front() >= '0' && argument.front() <= '9';
    return is_token(argument);
}

/// The variable called `name` (the text between the braces), if there is one.
const Word* find_word(std::string_view name) {
    for (const Word& word : words) {
        if (word.name.back() != '.') {
            if (word.name == name) return &word;
        } else if (name.starts_with(word.name) &&
                   is_argument_of(word.variable, name.substr(word.name.size()))) {
            return &word;
        }
    }
    return nullptr;
}

std::string suggestion_for(std::string_view name) {
    const std::size_t dot = name.find('.');
    std::array<std::string_view, words.size()> names;
    std::transform(words.begin(), words.end(), names.begin(), [](const Word& word) { return word.name; });
    if (dot != std::string_view::npos && dot + 1 < name.size()) {
        const std::string_view group = nearest(name.substr(0, dot + 1), names);
        if (!group.empty() && group.back() == '.') {
            if (find_word(std::string(group) + std::string(name.substr(dot + 1))) == nullptr) return {};
            return "did you mean `{" + std::string(group) + std::string(name.substr(dot + 1)) + "}`?";
        }
    }
    const std::string_view whole = nearest(name, names);
    if (whole.empty()) return "a literal brace is written `\\{`";
    return "did you mean `{" + std::string(whole) + (whole.back() == '.' ? "NAME" : "") + "}`?";
}

}  // namespace

Template Template::literal(std::string text) {
    Template result;
    for (const char c : text) {
        if (c == '{' || c == '\\') result.source_ += '\\';
        result.source_ += c;
    }
    if (!text.empty()) result.parts_.push_back(Part{false, Variable{}, std::move(text)});
    return result;
}

tl::expected<Template, Template::Mistake> Template::parse(std::string_view text) {
    Template result;
    result.source_ = text;
    std::string literal;
    const auto end_literal = [&] {
        if (!literal.empty()) result.parts_.push_back(Part{false, Variable{}, std::move(literal)});
        literal.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '{' || text[i + 1] == '\\')) {
            literal += text[++i];
            continue;
        }
        if (text[i] != '{') {
            literal += text[i];
            continue;
        }
        const std::size_t close = text.find('}', i);
        if (close == std::string_view::npos)
            return tl::unexpected(Mistake{i, 1, "`{` is never closed", "a literal brace is written `\\{`"});
        const std::string_view name = text.substr(i + 1, close - i - 1);
        const Word* word = find_word(name);
        if (word == nullptr)
            return tl::unexpected(Mistake{i, close - i + 1, "unknown variable `{" + std::string(name) + "}`",
                                          suggestion_for(name)});
        end_literal();
        const bool has_argument = word->name.back() == '.';
        std::string argument{has_argument ? name.substr(word->name.size()) : std::string_view{}};
        if (word->variable == Variable::header) argument = lower_case(argument);
        result.parts_.push_back(Part{true, word->variable, std::move(argument)});
        i = close;
    }
    end_literal();
    return result;
}

}  // namespace baton::config
