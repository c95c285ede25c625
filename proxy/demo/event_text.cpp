#include "proxy/demo/event_text.h"

#include <charconv>

namespace baton::demo {

std::string make_event(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    return "id: " + digits + "\ndata: event " + digits + "\n\n";
}

std::uint64_t number_of_event(std::string_view event) {
    constexpr std::string_view prefix = "id: ";
    if (!event.starts_with(prefix)) return 0;
    std::uint64_t number = 0;
    const char* end = event.data() + event.size();
    if (std::from_chars(event.data() + prefix.size(), end, number).ec != std::errc{}) return 0;
    return event == make_event(number) ? number : 0;
}

}  // namespace baton::demo
