#include "proxy/http/http1_writer.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace baton::http {

namespace {

constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view pattern = "Day, 00 Mon 0000 00:00:00 GMT";

struct FormattedDate {
    std::int64_t unix_seconds = -1;
    std::array<char, pattern.size()> text{};

    void put(std::size_t at, std::string_view word) {
        std::ranges::copy(word, text.begin() + static_cast<long>(at));
    }
    void put(std::size_t at, std::size_t digits, std::int64_t number) {
        for (std::size_t i = at + digits; i-- > at; number /= 10)
            text[i] = static_cast<char>('0' + number % 10);
    }
};

void format(FormattedDate& date) {
    const std::chrono::sys_seconds time{std::chrono::seconds{date.unix_seconds}};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day calendar{day};
    const std::chrono::hh_mm_ss clock{time - day};
    date.put(0, pattern);
    date.put(0, days[std::chrono::weekday{day}.c_encoding()]);
    date.put(5, 2, unsigned{calendar.day()});
    date.put(8, months[unsigned{calendar.month()} - 1]);
    date.put(12, 4, int{calendar.year()});
    date.put(17, 2, clock.hours().count());
    date.put(20, 2, clock.minutes().count());
    date.put(23, 2, clock.seconds().count());
}

}  // namespace

std::string_view http_date(std::int64_t unix_seconds) {
    static FormattedDate date;
    if (date.unix_seconds != unix_seconds) {
        date.unix_seconds = unix_seconds;
        format(date);
    }
    return {date.text.data(), date.text.size()};
}

}  // namespace baton::http
