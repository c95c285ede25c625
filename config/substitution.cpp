#include "config/substitution.h"

#include "config/read_file.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace baton::config {
namespace {

constexpr std::size_t largest_secret = 64ULL * 1024;

struct Value {
    std::string text;
    bool secret = false;
};

bool is_variable_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
           std::all_of(name.begin(), name.end(), fits);
}

std::optional<std::string> environment(const std::string& name) {
    const char* value =
        std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): the master has no threads
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

class Substitution {
public:
    Substitution(Node& node, Report& report) : node_(node), report_(report) {}

    void run() {
        const std::string written = node_.text;
        std::string result;
        std::string escaped;
        for (std::size_t i = 0; i < written.size();) {
            if (written.compare(i, 3, "$${") == 0) {
                result += "${";
                escaped += "$\\{";
                i += 3;
                continue;
            }
            if (written.compare(i, 2, "${") != 0) {
                result += written[i];
                escaped += written[i++];
                continue;
            }
            const std::size_t close = written.find('}', i);
            if (close == std::string::npos) {
                report_.error("E-ENV", place_of("${", 2), {}, "`${` is never closed",
                              "`$${` stands for a literal `${`");
                return;
            }
            const std::string expression = written.substr(i + 2, close - i - 2);
            const auto value = evaluate(expression);
            if (!value) return;
            node_.secret = node_.secret || value->secret;
            result += value->text;
            for (const char c : value->text) {
                if (c == '{' || c == '\\') escaped += '\\';
                escaped += c;
            }
            i = close + 1;
        }
        node_.text = std::move(result);
        node_.escaped_text = std::move(escaped);
    }

private:
    /// Where `expression` stands in the file, or the whole scalar when it cannot be told.
    Place place_of(std::string_view expression, std::size_t length) const {
        Place place = node_.place;
        if (place.file == nullptr) return place;
        const std::size_t found =
            place.file->line(place.line).find(expression, static_cast<std::size_t>(place.column - 1));
        if (found == std::string_view::npos) return place;
        place.column = static_cast<int>(found) + 1;
        place.end_column = place.column + static_cast<int>(length);
        return place;
    }

    std::optional<Value> fail(std::string_view code, const std::string& expression, std::string message,
                              std::string help = {}) {
        const std::string written = "${" + expression + "}";
        report_.error(code, place_of(written, written.size()), {}, std::move(message), std::move(help));
        return std::nullopt;
    }

    std::optional<Value> evaluate(const std::string& expression) {
        if (expression.starts_with("file:")) return secret_file(expression, expression.substr(5));
        if (expression.starts_with("cred:")) return credential(expression, expression.substr(5));
        const std::size_t colon = expression.find(':');
        const std::string name = expression.substr(0, colon);
        if (!is_variable_name(name))
            return fail("E-ENV", expression, "`" + name + "` is not the name of an environment variable");
        const std::optional<std::string> value = environment(name);
        if (colon == std::string::npos) {
            if (value) return Value{*value};
            return fail("E-ENV", expression, "environment variable `" + name + "` is not set",
                        "give a default: `${" + name + ":-default}`");
        }
        const std::string_view rest = std::string_view(expression).substr(colon);
        const bool usable = value && !value->empty();  // as in a shell, `:` means set and not empty
        if (rest.starts_with(":-")) return Value{usable ? *value : std::string(rest.substr(2))};
        if (rest.starts_with(":?")) {
            if (usable) return Value{*value};
            const std::string message{rest.substr(2)};
            return fail("E-ENV", expression, "environment variable `" + name + "` is not set", message);
        }
        return fail("E-ENV", expression, "`${" + expression + "}` is not a substitution",
                    "one of ${VAR} ${VAR:-default} ${VAR:?message} ${file:PATH} ${cred:NAME}");
    }

    std::optional<Value> secret_file(const std::string& expression, const std::string& path) {
        if (path.empty()) return fail("E-ENV", expression, "`${file:}` names no file");
        const std::string directory = node_.place.file == nullptr ? "." : node_.place.file->directory();
        return read_secret(expression, path_below(directory, path));
    }

    std::optional<Value> credential(const std::string& expression, const std::string& name) {
        if (name.empty() || name.find('/') != std::string::npos || name.starts_with('.'))
            return fail("E-ENV", expression, "`" + name + "` is not the name of a credential");
        const auto directory = environment("CREDENTIALS_DIRECTORY");
        if (!directory)
            return fail("E-ENV", expression, "there are no systemd credentials here",
                        "CREDENTIALS_DIRECTORY is not set");
        return read_secret(expression, *directory + "/" + name);
    }

    std::optional<Value> read_secret(const std::string& expression, const std::string& path) {
        auto file = read_file(path, largest_secret);
        if (!file) return fail("E-FILE", expression, "cannot read `" + path + "`: " + file.error());
        if (file->text.find('\0') != std::string::npos)
            return fail("E-FILE", expression, "`" + path + "` is not a text");
        if (file->text.ends_with('\n')) file->text.pop_back();
        if (file->text.ends_with('\r')) file->text.pop_back();
        if (file->readable_by_others && !expression.starts_with("cred:")) {
            const std::string written = "${" + expression + "}";
            report_.warning("W-WORLD-READABLE", place_of(written, written.size()), {},
                            "other users can read the secret in `" + path + "`", "chmod 600 it");
        }
        return Value{std::move(file->text), true};
    }

    Node& node_;
    Report& report_;
};

void substitute(Node& node, Report& report) {
    if (node.substituted) return;
    node.substituted = true;
    if (node.kind == Node::Kind::scalar && node.text.find("${") != std::string::npos)
        Substitution(node, report).run();
    for (const NodePtr& item : node.items) substitute(*item, report);
    for (const MapEntry& entry : node.entries) substitute(*entry.value, report);
}

}  // namespace

void substitute_document(Node& root, Report& report) {
    if (root.kind != Node::Kind::map) return;
    for (const MapEntry& entry : root.entries) {
        if (!entry.key.starts_with("x-")) substitute(*entry.value, report);
    }
}

}  // namespace baton::config
