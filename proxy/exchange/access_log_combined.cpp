#include "proxy/exchange/access_line.h"
#include "proxy/exchange/access_text.h"
#include "server/log/escaped_copy.h"

#include <algorithm>

namespace baton {

namespace {

/// One byte becomes four.
char* write_escape(char* at, char c) {
    constexpr char digits[] = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    const char escape[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    std::memcpy(at, escape, sizeof escape);
    return at + sizeof escape;
}

}  // namespace

void AccessText::escaped(std::string_view text) {
    if (text.size() * 4 <= static_cast<std::size_t>(end_ - at_)) {
        at_ = copy_escaped(at_, text, [](char*& at, std::string_view rest) {
            at = write_escape(at, rest.front());
            return std::size_t{1};
        });
        return;
    }
    for (const char c : text) {
        if (end_ - at_ < 4) return;
        if (is_plain_byte(c)) {
            *at_++ = c;
        } else {
            at_ = write_escape(at_, c);
        }
    }
}

void AccessText::milliseconds(Duration duration) {
    if (duration.count() < 0 || end_ - at_ < 24) return literal("-");
    at_ = write_milliseconds(at_, static_cast<std::uint64_t>(duration.count()) / 1000);
}

std::string_view protocol_of_request_line(std::string_view protocol) {
    if (protocol == "h2" || protocol.ends_with("/h2")) return "HTTP/2.0";
    return protocol == "http/1.0" ? "HTTP/1.0" : "HTTP/1.1";
}

char* CombinedAccessLine::write(char* out, std::size_t capacity, const AccessRecord& record) {
    // The fields behind the request keep their room even when a request of escapes would take it all.
    constexpr std::size_t after_request = 32, referer_and_agent = 16 * 1024;
    char* const end = out + capacity - 1;
    AccessText text(out, end - referer_and_agent - after_request);
    text.escaped_or_dash(record.client_ip);
    text.literal(" - - [");
    text.literal(clock_.format(record.started + std::max(record.total, Duration{0})));
    text.literal("] \"");
    if (record.method.empty()) {
        text.literal("-");
    } else {
        text.escaped(record.method);
        text.literal(" ");
        text.escaped(record.path);
        if (record.has_query) {
            text.literal("?");
            text.escaped(record.query);
        }
        text.literal(" ");
        text.literal(protocol_of_request_line(record.protocol));
    }
    AccessText rest(text.end(), end - 4);
    rest.literal("\" ");
    rest.number(record.status);
    rest.literal(" ");
    rest.number(record.bytes_out);
    rest.literal(" \"");
    rest.escaped_or_dash(record.referer.substr(0, 2048));
    rest.literal("\" \"");
    rest.escaped_or_dash(record.user_agent.substr(0, 1536));
    AccessText last(rest.end(), end);
    last.literal("\"");
    *last.end() = '\n';
    return last.end() + 1;
}

}  // namespace baton
