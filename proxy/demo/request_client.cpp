#include "proxy/demo/request_client.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace baton::demo {

namespace {

// Mostly small answers; some that need several reads, so that one is often under way when the proxy is
// replaced.
constexpr std::array<std::size_t, 16> response_sizes{128, 128, 128,  128,  128,   512,   128,   128,
                                                     128, 128, 1024, 4096, 16384, 16384, 65536, 262144};
constexpr std::size_t longest_upload = 64 * 1024;
constexpr std::size_t piece_of_upload = 5000;  // chunk borders fall anywhere in the proxy's blocks

std::string milliseconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", std::chrono::duration<double, std::milli>(duration).count());
    return text;
}

std::string chunked(std::string_view body) {
    std::string out;
    while (!body.empty()) {
        const std::string_view piece = body.substr(0, piece_of_upload);
        char size[16];
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        out.append(size).append(piece).append("\r\n");
        body.remove_prefix(piece.size());
    }
    return out + "0\r\n\r\n";
}

}  // namespace

RequestClient::RequestClient(const ClientContext& context, const Habit& habit, std::uint32_t number)
    : context_(context), habit_(habit), number_(number), conversation_(context.loop, context.pool, *this) {}

void RequestClient::stop() {
    stopping_ = true;
    if (phase_ == Phase::asking) return;
    phase_ = Phase::ended;
    pause_.disarm();
    conversation_.close();
}

void RequestClient::take_turn() {
    ++requests_;
    status_ = 0;
    answer_.clear();
    const std::string request = habit_.load == Load::upload ? make_post() : make_get();
    phase_ = Phase::asking;
    impatience_.arm(patience);
    asked_at_ = Clock::system().now();
    if (!conversation_.is_open()) conversation_.open(context_.target);
    if (!conversation_.is_open()) return;  // on_broken has been told
    conversation_.ask(habit_.load == Load::upload ? http::Method::post : http::Method::get, request);
}

std::string RequestClient::make_get() {
    const std::string token = std::to_string(number_) + "-" + std::to_string(requests_);
    const std::size_t size = response_sizes[context_.random() % response_sizes.size()];
    check_.expect(token, size);
    const std::string target = "/bytes/" + std::to_string(size) + "/" + token;
    asked_for_ = "GET " + target;
    const std::string_view connection = habit_.load == Load::new_connection ? "Connection: close\r\n" : "";
    return asked_for_ + " HTTP/1.1\r\nHost: demo\r\n" + std::string(connection) + "\r\n";
}

std::string RequestClient::make_post() {
    std::string body(1 + context_.random() % longest_upload, '\0');
    for (char& byte : body) byte = static_cast<char>(context_.random() >> 8);
    Digest digest;
    digest.add(body);
    expected_answer_ = digest.answer();
    asked_for_ = "POST /digest of " + std::to_string(body.size()) + " bytes";
    const std::string head =
        "POST /digest HTTP/1.1\r\nHost: demo\r\nContent-Type: application/octet-stream\r\n";
    if (requests_ % 2 == 0) return head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body);
    return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void RequestClient::on_head(const http::ResponseHead& head) noexcept {
    status_ = head.status;
}

void RequestClient::on_bytes(std::string_view bytes) noexcept {
    if (habit_.load != Load::upload && status_ == 200) {
        check_.see(bytes);
    } else {
        answer_.append(bytes.substr(0, 256 - std::min<std::size_t>(answer_.size(), 256)));
    }
}

void RequestClient::on_complete() noexcept {
    if (status_ != 200)
        return fail("status " + std::to_string(status_) + ": " + answer_.substr(0, answer_.find('\n')));
    if (habit_.load == Load::upload) {
        if (answer_ == expected_answer_) return succeed();
        return fail("the backend got something else: expected " + expected_answer_ + "got " + answer_);
    }
    if (check_.complete()) return succeed();
    fail(check_.verdict());
}

void RequestClient::on_broken(const std::string& what) noexcept {
    fail(what);
}

void RequestClient::on_impatient() {
    if (phase_ == Phase::asking) fail("no complete answer");
}

void RequestClient::succeed() {
    context_.statistics.request_succeeded(habit_.load, Clock::system().now() - asked_at_);
    if (habit_.load == Load::new_connection || !conversation_.may_go_on()) conversation_.close();
    think();
}

void RequestClient::fail(const std::string& what) {
    const std::string who = asked_for_ + " (" + std::string(to_string(habit_.load)) + " client " +
                            std::to_string(number_) + ", request " + std::to_string(conversation_.asked()) +
                            " on its connection)";
    const Duration after = Clock::system().now() - asked_at_;
    context_.statistics.request_failed(habit_.load, who,
                                       what + ", " + milliseconds(after) + " after it was sent");
    conversation_.close();
    think();
}

void RequestClient::think() {
    impatience_.disarm();
    phase_ = Phase::thinking;
    if (stopping_) return stop();
    pause_.arm(pause_between(context_.random, habit_.shortest_pause, habit_.longest_pause));
}

}  // namespace baton::demo
