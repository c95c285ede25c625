#include "proxy/http/request_line.h"

#include "proxy/http/byte_search.h"
#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"
#include "proxy/http/host_name.h"

#include <array>

namespace baton::http {

namespace {

// Longer than any registered method; what is longer is one that we do not implement (RFC 9112 §3).
constexpr std::size_t longest_method = 32;

struct KnownMethod {
    std::string_view text;
    Method method;
};
/// The commonest first.
constexpr std::array<KnownMethod, 9> known_methods{{
    {"GET", Method::get},
    {"POST", Method::post},
    {"HEAD", Method::head},
    {"PUT", Method::put},
    {"DELETE", Method::delete_},
    {"OPTIONS", Method::options},
    {"PATCH", Method::patch},
    {"CONNECT", Method::connect},
    {"TRACE", Method::trace},
}};

Method method_of(std::string_view text) {
    for (const KnownMethod& known : known_methods)
        if (text == known.text) return known.method;
    return Method::other;
}

/// Splits `path?query`.
void set_path(std::string_view path_and_query, RequestHead& head) {
    const std::size_t mark = path_and_query.find('?');
    head.path = path_and_query.substr(0, mark);
    head.has_query = mark != std::string_view::npos;
    if (head.has_query) head.query = path_and_query.substr(mark + 1);
}

/// `http://authority/path?query` (RFC 9112 §3.2.2).
ParseResult parse_absolute_form(RequestHead& head) {
    const std::size_t colon = head.target.find(':');
    if (colon == std::string_view::npos) return refuse(Rejection::bad_target);
    const std::string_view scheme = head.target.substr(0, colon);
    if (equals_without_case(scheme, "http"))
        head.scheme = "http";
    else if (equals_without_case(scheme, "https"))
        head.scheme = "https";
    else
        return refuse(Rejection::bad_target);
    std::string_view rest = head.target.substr(colon + 1);
    if (!rest.starts_with("//")) return refuse(Rejection::bad_target);
    rest.remove_prefix(2);
    const std::size_t authority_end = rest.find_first_of("/?");
    head.authority = rest.substr(0, authority_end);
    // Userinfo only ever deceives (RFC 9110 §4.2.4).
    if (head.authority.find('@') != std::string_view::npos) return refuse(Rejection::bad_target);
    if (!is_authority(head.authority)) return refuse(Rejection::bad_host);
    head.form = TargetForm::absolute;
    if (authority_end != std::string_view::npos) set_path(rest.substr(authority_end), head);
    if (head.path.empty()) head.path = head.method == Method::options && !head.has_query ? "*" : "/";
    return complete;
}

ParseResult parse_target(RequestHead& head) {
    if (head.method == Method::connect) {
        head.form = TargetForm::authority;
        return refuse(is_authority(head.target, PortRule::required) ? Rejection::method_not_allowed
                                                                    : Rejection::bad_target);
    }
    if (head.method == Method::trace) return refuse(Rejection::method_not_allowed);
    if (head.target.front() == '/') {
        set_path(head.target, head);
        return complete;
    }
    if (head.target != "*") return parse_absolute_form(head);
    if (head.method != Method::options) return refuse(Rejection::bad_target);
    head.form = TargetForm::asterisk;
    head.path = head.target;
    return complete;
}

/// `HTTP/` DIGIT `.` DIGIT, exactly (RFC 9112 §2.3).
bool is_version(std::string_view text) {
    return text.starts_with(std::string_view{"HTTP/"}) && is(CharacterClass::digit, text[5]) &&
           text[6] == '.' && is(CharacterClass::digit, text[7]);
}

}  // namespace

ParseResult parse_request_line(std::string_view line, RequestHead& head) {
    constexpr std::size_t version_size = 8;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return refuse(Rejection::bad_request_line);
    const std::string_view method = line.substr(0, space);
    const Method known = method_of(method);
    if (known == Method::other && !consists_of(CharacterClass::token, method))
        return refuse(Rejection::bad_request_line);
    const std::string_view rest = line.substr(space + 1);
    if (rest.size() < version_size + 2) return refuse(Rejection::bad_request_line);
    const std::string_view version = rest.substr(rest.size() - version_size);
    if (!is_version(version) || rest[rest.size() - version_size - 1] != ' ')
        return refuse(Rejection::bad_request_line);
    const std::string_view target = rest.substr(0, rest.size() - version_size - 1);
    const char* target_end = target.data() + target.size();
    const char* wrong = find_first<searched::OutsideTarget>(target.data(), target_end, line);
    if (wrong != target_end)
        return refuse(is(CharacterClass::whitespace, *wrong) ? Rejection::bad_request_line
                                                             : Rejection::bad_target);
    if (version[5] != '1') return refuse(Rejection::unsupported_version);
    if (method.size() > longest_method) return refuse(Rejection::method_not_implemented);
    head.method = known;
    head.method_text = method;
    head.target = target;
    head.minor_version = version[7] == '0' ? 0 : 1;
    return parse_target(head);
}

void clear_start(RequestHead& head) {
    head.method = Method::other;
    head.method_text = head.target = head.scheme = head.authority = head.path = head.query = {};
    head.form = TargetForm::origin;
    head.has_query = false;
    head.minor_version = 1;
}

}  // namespace baton::http
