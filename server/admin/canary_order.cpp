#include "server/admin/canary_order.h"

#include "config/quantity.h"
#include "server/admin/number_word.h"

#include <cmath>

namespace baton::admin {
namespace {

constexpr std::string_view shares_word = "canary=";
constexpr std::string_view time_word = "for=";
constexpr std::string_view error_rate_word = "max-error-rate=";
constexpr std::string_view latency_word = "max-p99=";
constexpr std::uint16_t whole = 1000;

/// Calls `visit` with each part between commas until it says false.
template <class Visit>
bool every_part(std::string_view list, Visit visit) {
    for (;;) {
        const std::size_t comma = list.find(',');
        if (!visit(list.substr(0, comma))) return false;
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

tl::expected<std::uint16_t, std::string> thousandths(std::string_view text) {
    const auto share = config::parse_percent(text);
    if (!share) return tl::unexpected(share.error().message);
    return static_cast<std::uint16_t>(std::lround(*share * whole));
}

template <class Member>
bool read_thousandths(std::string_view text, Member& member) {
    const auto number = read_number<std::uint16_t>(text);
    if (!number || member) return false;
    member = *number;
    return true;
}

}  // namespace

tl::expected<CanaryOrder, std::string> read_canary_flags(const Invocation& invocation) {
    CanaryOrder order;
    std::string mistake;
    const auto share_of = [&mistake](std::string_view flag, std::string_view text) -> std::uint16_t {
        const auto share = thousandths(text);
        if (!share && mistake.empty())
            mistake = std::string(flag) + " " + std::string(text) + ": " + share.error();
        return share.value_or(0);
    };
    if (const auto list = invocation.value("--canary")) {
        every_part(*list, [&](std::string_view part) {
            order.shares.push_back(share_of("--canary", part));
            if (order.shares.back() == 0 && mistake.empty())
                mistake = "--canary " + *list + ": a share of nothing proves nothing";
            return mistake.empty();
        });
    }
    if (const auto text = invocation.value("--for")) {
        const auto time = config::parse_duration(*text);
        if (!time && mistake.empty()) mistake = "--for " + *text + ": " + time.error().message;
        if (time) order.time = *time;
    }
    if (const auto text = invocation.value("--max-error-rate"))
        order.max_error_rate = share_of("--max-error-rate", *text);
    if (const auto text = invocation.value("--max-p99"))
        order.max_latency =
            share_of("--max-p99", std::string_view(*text).substr(text->starts_with('+') ? 1 : 0));
    if (!mistake.empty()) return tl::unexpected(mistake);
    return order;
}

void append_words(std::string& line, const CanaryOrder& order) {
    const auto word = [&line](std::string_view name, std::int64_t value) {
        line.append(" ").append(name).append(std::to_string(value));
    };
    if (!order.shares.empty()) {
        word(shares_word, order.shares.front());
        for (std::size_t i = 1; i < order.shares.size(); ++i)
            line.append(",").append(std::to_string(order.shares[i]));
    }
    if (order.time)
        word(time_word, std::chrono::duration_cast<std::chrono::milliseconds>(*order.time).count());
    if (order.max_error_rate) word(error_rate_word, *order.max_error_rate);
    if (order.max_latency) word(latency_word, *order.max_latency);
}

bool read_word(std::string_view word, CanaryOrder& order) {
    if (word.starts_with(shares_word) && order.shares.empty())
        return every_part(word.substr(shares_word.size()), [&order](std::string_view part) {
            const auto share = read_number<std::uint16_t>(part);
            if (!share || *share == 0 || *share > whole) return false;
            order.shares.push_back(*share);
            return true;
        });
    if (word.starts_with(time_word) && !order.time) {
        const auto time = read_number<std::int64_t>(word.substr(time_word.size()));
        if (!time || *time < 1 || *time > INT32_MAX) return false;
        order.time = std::chrono::milliseconds{*time};
        return true;
    }
    if (word.starts_with(error_rate_word))
        return read_thousandths(word.substr(error_rate_word.size()), order.max_error_rate);
    if (word.starts_with(latency_word))
        return read_thousandths(word.substr(latency_word.size()), order.max_latency);
    return false;
}

}  // namespace baton::admin
