/// Parses whole messages for tests: the head, and the body behind it.
#pragma once

#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_parser.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace baton::http {

inline std::ostream& operator<<(std::ostream& out, Rejection rejection) {
    return out << rejection_name(rejection);
}
inline std::ostream& operator<<(std::ostream& out, ParseStatus status) {
    return out << (status == ParseStatus::complete    ? "complete"
                   : status == ParseStatus::need_more ? "need_more"
                                                      : "rejected");
}
inline std::ostream& operator<<(std::ostream& out, BodyStatus status) {
    return out << (status == BodyStatus::complete ? "complete"
                   : status == BodyStatus::more   ? "more"
                                                  : "rejected");
}
inline std::ostream& operator<<(std::ostream& out, const BodyFraming& framing) {
    return out << "framing " << static_cast<int>(framing.kind) << " of " << framing.length;
}

}  // namespace baton::http

namespace baton::test {

/// A request head with the text that its views point into.
struct ParsedRequest {
    explicit ParsedRequest(std::string_view received, const http::HeadLimits& limits = {}) : text(received) {
        result = http::RequestParser{}.parse(text, head, limits);
    }
    ParsedRequest(const ParsedRequest&) = delete;
    ParsedRequest& operator=(const ParsedRequest&) = delete;
    bool complete() const { return result.status == http::ParseStatus::complete; }

    std::string text;
    http::RequestHead head;
    http::ParseResult result;
};

struct ParsedResponse {
    explicit ParsedResponse(std::string_view received, http::Method request_method = http::Method::get,
                            const http::HeadLimits& limits = {})
        : text(received) {
        result = http::ResponseParser{}.parse(text, head, limits, request_method);
    }
    ParsedResponse(const ParsedResponse&) = delete;
    ParsedResponse& operator=(const ParsedResponse&) = delete;
    bool complete() const { return result.status == http::ParseStatus::complete; }

    std::string text;
    http::ResponseHead head;
    http::ParseResult result;
};

/// A GET for `/` of HTTP/1.1 with a Host and these field lines (each with its CR LF).
inline std::string get_with(std::string_view field_lines) {
    return "GET / HTTP/1.1\r\nHost: example.com\r\n" + std::string{field_lines} + "\r\n";
}
inline std::string post_with(std::string_view field_lines) {
    return "POST / HTTP/1.1\r\nHost: example.com\r\n" + std::string{field_lines} + "\r\n";
}
inline std::string ok_with(std::string_view field_lines) {
    return "HTTP/1.1 200 OK\r\n" + std::string{field_lines} + "\r\n";
}

/// A body as a reader takes it off a connection that delivers `piece` bytes at a time.
struct ReadBody {
    ReadBody(http::BodyFraming framing, std::string_view received, std::size_t piece = SIZE_MAX,
             http::TrailerMode trailers = http::TrailerMode::drop, std::size_t most = SIZE_MAX)
        : reader(framing, trailers) {
        do {
            const std::string_view next = received.substr(0, std::min(piece, received.size()));
            received.remove_prefix(next.size());
            deliver(next);
            for (std::size_t before = SIZE_MAX; from.size() < before;) {
                before = from.size();
                progress = reader.read(from, to, most);
                if (progress.status == http::BodyStatus::rejected) return;
            }
        } while (!received.empty());
        if (progress.status == http::BodyStatus::complete) behind = std::string{from.data()};
    }
    std::string content() const { return to.to_string(); }

    void deliver(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto room = from.prepare();
            const std::size_t taken = std::min(room.size(), bytes.size());
            bytes.copy(room.data(), taken);
            from.commit(taken);
            bytes.remove_prefix(taken);
        }
    }

    BlockPool pool;
    ReceiveBuffer from{pool};
    ByteQueue to{pool};
    http::Http1BodyReader reader;
    http::BodyProgress progress{};
    std::string behind;  ///< what was left on the connection
};

inline constexpr http::BodyFraming chunked{http::Framing::chunked, 0};

}  // namespace baton::test

/// The request is refused for exactly this reason.
#define CHECK_REQUEST_REJECTED(text, reason)                                                   \
    do {                                                                                       \
        const ::baton::test::ParsedRequest parsed_request{text};                               \
        BOOST_TEST(parsed_request.result.status == ::baton::http::ParseStatus::rejected);      \
        BOOST_TEST(parsed_request.result.rejection == ::baton::http::Rejection::reason, text); \
    } while (false)
#define CHECK_RESPONSE_REJECTED(text, reason)                                                   \
    do {                                                                                        \
        const ::baton::test::ParsedResponse parsed_response{text};                              \
        BOOST_TEST(parsed_response.result.status == ::baton::http::ParseStatus::rejected);      \
        BOOST_TEST(parsed_response.result.rejection == ::baton::http::Rejection::reason, text); \
    } while (false)
#define CHECK_CHUNKED_REJECTED(text, reason)                                                \
    do {                                                                                    \
        const ::baton::test::ReadBody read_body{::baton::test::chunked, text};              \
        BOOST_TEST(read_body.progress.status == ::baton::http::BodyStatus::rejected);       \
        BOOST_TEST(read_body.progress.rejection == ::baton::http::Rejection::reason, text); \
    } while (false)
