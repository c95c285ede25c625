#include "server/admin/control_message.h"

#include "server/admin/canary_order.h"
#include "server/admin/number_word.h"

#include <charconv>
#include <utility>
#include <vector>

namespace baton::admin {
namespace {

constexpr std::string_view protocol = "baton/1";
constexpr std::pair<std::string_view, Verb> verbs[] = {
    {"reload", Verb::reload}, {"upgrade", Verb::upgrade}, {"rollback", Verb::rollback},
    {"stop", Verb::stop},     {"reopen", Verb::reopen},   {"stop-accepting", Verb::stop_accepting},
    {"status", Verb::status}, {"finish", Verb::finish},
};
constexpr std::pair<std::string_view, StopMode> stop_modes[] = {
    {"graceful", StopMode::graceful}, {"bounded", StopMode::bounded}, {"now", StopMode::now}};
constexpr std::string_view binary_word = "binary=";
constexpr std::string_view drain_timeout_word = "drain-timeout=";

template <class Table, class Value>
std::string_view word_of(const Table& table, Value value) {
    for (const auto& [word, candidate] : table) {
        if (candidate == value) return word;
    }
    return {};
}

template <class Table>
auto value_of(const Table& table, std::string_view word) {
    std::optional<std::remove_cv_t<decltype(std::begin(table)->second)>> found;
    for (const auto& [candidate, value] : table) {
        if (candidate == word) found = value;
    }
    return found;
}

std::string escape(std::string_view text) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7F && c != '%') {
            escaped += c;
        } else {
            escaped += {'%', digits[byte >> 4], digits[byte & 15]};
        }
    }
    return escaped;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        unsigned value = 0;
        if (i + 2 >= text.size()) return std::nullopt;
        const char* const end = text.data() + i + 3;
        if (std::from_chars(text.data() + i + 1, end, value, 16).ptr != end || value == 0)
            return std::nullopt;
        plain += static_cast<char>(value);
        i += 2;
    }
    return plain;
}

/// Splits at single spaces; an empty word makes the whole line invalid later.
std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> words;
    for (;;) {
        const std::size_t space = line.find(' ');
        words.push_back(line.substr(0, space));
        if (space == std::string_view::npos) return words;
        line.remove_prefix(space + 1);
    }
}

bool read_drain_timeout(std::string_view word, UpgradeOrder& order) {
    const auto time = read_number<std::int64_t>(word.substr(drain_timeout_word.size()));
    if (!time || *time < 0 || *time > INT32_MAX || order.drain_timeout) return false;
    order.drain_timeout = std::chrono::milliseconds{*time};
    return true;
}

bool read_upgrade_word(std::string_view word, UpgradeOrder& order) {
    if (word == "check") return !std::exchange(order.check_only, true);
    if (word == "commit") return !std::exchange(order.commit, true);
    if (word == "no-rollback") return !std::exchange(order.no_rollback, true);
    if (word.starts_with(drain_timeout_word)) return read_drain_timeout(word, order);
    if (!word.starts_with(binary_word)) return read_word(word, order.canary);
    if (order.binary) return false;
    order.binary = unescape(word.substr(binary_word.size()));
    return order.binary && order.binary->starts_with('/');
}

}  // namespace

std::string format_request(const Request& request) {
    std::string line(protocol);
    line.append(" ").append(word_of(verbs, request.verb));
    if (request.verb == Verb::finish) line.append(" ").append(std::to_string(request.generation));
    if (request.verb == Verb::stop) line.append(" ").append(word_of(stop_modes, request.stop_mode));
    if (request.verb == Verb::upgrade) {
        if (request.upgrade.check_only) line.append(" check");
        if (request.upgrade.commit) line.append(" commit");
        if (request.upgrade.no_rollback) line.append(" no-rollback");
        if (const auto time = request.upgrade.drain_timeout) {
            const auto length = std::chrono::duration_cast<std::chrono::milliseconds>(*time).count();
            line.append(" ").append(drain_timeout_word).append(std::to_string(length));
        }
        append_words(line, request.upgrade.canary);
        if (request.upgrade.binary)
            line.append(" ").append(binary_word).append(escape(*request.upgrade.binary));
    }
    return line + "\n";
}

std::optional<Request> parse_request(std::string_view line) {
    const std::vector<std::string_view> words = split(line);
    if (words.size() < 2 || words[0] != protocol) return std::nullopt;
    const auto verb = value_of(verbs, words[1]);
    if (!verb) return std::nullopt;
    Request request;
    request.verb = *verb;
    if (*verb == Verb::upgrade) {
        for (std::size_t i = 2; i < words.size(); ++i) {
            if (!read_upgrade_word(words[i], request.upgrade)) return std::nullopt;
        }
        return request;
    }
    if (*verb == Verb::finish) {
        const auto generation = read_number<std::uint32_t>(words.size() == 3 ? words[2] : "");
        if (!generation) return std::nullopt;
        request.generation = *generation;
        return request;
    }
    if (*verb != Verb::stop) return words.size() == 2 ? std::optional(request) : std::nullopt;
    const auto mode = value_of(stop_modes, words.size() == 3 ? words[2] : "");
    if (!mode) return std::nullopt;
    request.stop_mode = *mode;
    return request;
}

std::string format_answer(const Answer& answer) {
    if (answer.kind == Answer::Kind::accepted) return "accepted\n";
    const std::string_view text = std::string_view(answer.verdict.text).substr(0, longest_answer_part);
    const std::string_view json =
        answer.verdict.json.size() > longest_answer_part ? std::string_view("{}") : answer.verdict.json;
    std::string bytes = "progress ";
    if (answer.kind == Answer::Kind::verdict)
        bytes = "verdict " + std::to_string(answer.verdict.exit_code) + " ";
    bytes.append(std::to_string(text.size())).append(" ").append(std::to_string(json.size())).append("\n");
    return bytes.append(text).append(json);
}

std::optional<Answer> AnswerReader::next() {
    constexpr std::size_t longest_line = 64;
    if (broken_) return std::nullopt;
    const std::size_t newline = pending_.find('\n');
    if (newline == std::string::npos) {
        broken_ = pending_.size() > longest_line;
        return std::nullopt;
    }
    const std::vector<std::string_view> words = split(std::string_view(pending_).substr(0, newline));
    Answer answer;
    std::size_t sizes_at = 1;
    if (words[0] == "accepted" && words.size() == 1) {
        pending_.erase(0, newline + 1);
        return answer;
    }
    if (words[0] == "progress" && words.size() == 3) {
        answer.kind = Answer::Kind::progress;
    } else if (words[0] == "verdict" && words.size() == 4) {
        answer.kind = Answer::Kind::verdict;
        const auto exit_code = read_number<std::uint8_t>(words[1]);
        broken_ = !exit_code;
        answer.verdict.exit_code = exit_code.value_or(0);
        sizes_at = 2;
    } else {
        broken_ = true;
    }
    if (broken_) return std::nullopt;
    const auto text_size = read_number<std::size_t>(words[sizes_at]);
    const auto json_size = read_number<std::size_t>(words[sizes_at + 1]);
    broken_ =
        !text_size || !json_size || *text_size > longest_answer_part || *json_size > longest_answer_part;
    if (broken_ || pending_.size() - newline - 1 < *text_size + *json_size) return std::nullopt;
    answer.verdict.text = pending_.substr(newline + 1, *text_size);
    answer.verdict.json = pending_.substr(newline + 1 + *text_size, *json_size);
    pending_.erase(0, newline + 1 + *text_size + *json_size);
    return answer;
}

}  // namespace baton::admin
