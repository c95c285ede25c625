#include "proxy/demo/backend_connection.h"

#include "proxy/demo/event_text.h"
#include "proxy/http/http1_writer.h"
#include "proxy/websocket/handshake.h"

#include <charconv>

namespace baton::demo {

using http::FieldId;
using http::HeadWriter;
using websocket::Opcode;
using websocket::Sender;

namespace {

constexpr std::chrono::milliseconds event_interval{100};
constexpr std::size_t longest_answer = 16 * 1024 * 1024;
// With so much unsent, nothing more is read or said: the peer is slower than we are.
constexpr std::size_t unsent_limit = 256 * 1024;
constexpr int steps_per_call = 16;

std::size_t parse_size(std::string_view digits) {
    std::size_t size = longest_answer + 1;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return parsed.ec == std::errc{} && parsed.ptr == digits.data() + digits.size() ? size
                                                                                   : longest_answer + 1;
}

}  // namespace

BackendConnection::BackendConnection(Backend& backend, std::unique_ptr<TcpTransport> transport)
    : backend_(backend), transport_(std::move(transport)), in_(backend.pool_), out_(backend.pool_) {
    transport_->set_handler(*this);
}

void BackendConnection::on_transport_ready() noexcept {
    advance();
}

void BackendConnection::advance() {
    flush();
    for (int steps = 0; phase_ != Phase::gone; ++steps) {
        if (steps == steps_per_call) return transport_->call_again();
        if (out_.size() > unsent_limit) return;
        if (understand() == Step::wait && receive() == Step::wait) return;
        flush();
    }
}

BackendConnection::Step BackendConnection::receive() {
    if (!transport_->readable()) return Step::wait;
    switch (transport_->receive(in_).status) {
        case IoStatus::done: return Step::go_on;
        case IoStatus::would_block: return Step::wait;
        case IoStatus::closed:
        case IoStatus::failed: break;
    }
    go();
    return Step::wait;
}

BackendConnection::Step BackendConnection::understand() {
    switch (phase_) {
        case Phase::reading_head: return read_head();
        case Phase::reading_body: return read_body();
        case Phase::echoing: return echo();
        case Phase::streaming:
        case Phase::ending: return read_on_end();
        case Phase::gone: break;
    }
    return Step::wait;
}

BackendConnection::Step BackendConnection::read_head() {
    if (in_.empty()) return Step::wait;
    http::RequestHead head;
    const http::ParseResult parsed = parser_.parse(in_.data(), head, http::HeadLimits{});
    if (parsed.status == http::ParseStatus::need_more) return Step::wait;
    parser_.reset();
    if (parsed.status == http::ParseStatus::rejected) {
        keep_alive_ = false;
        answer_text(http::rejection_status(parsed.rejection), "the proxy sent a bad head\n");
        begin_ending();
        return Step::go_on;
    }
    keep_alive_ = head.keep_alive;
    body_ = http::Http1BodyReader(head.framing);
    phase_ = Phase::reading_body;
    answer(head);
    in_.consume(head.size);
    in_.release_if_empty();
    return Step::go_on;
}

void BackendConnection::answer(const http::RequestHead& head) {
    answers_digest_ = head.path == "/digest" && head.method == http::Method::post;
    if (answers_digest_) {
        digest_ = Digest{};
        if (!head.expects_continue) return;
        HeadWriter interim(out_);
        interim.status_line(100);
        return interim.end();
    }
    if (head.path == "/") return answer_text(200, friendly_page(head.authority));
    if (head.path.starts_with("/bytes/")) return answer_bytes(head.path.substr(7));
    if (head.path == "/echo" && head.fields.has(FieldId::sec_websocket_key)) return accept_websocket(head);
    if (head.path == "/events") return begin_events();
    answer_text(404, "nothing here; see /\n");
}

BackendConnection::Step BackendConnection::read_body() {
    ByteQueue content(backend_.pool_);
    const http::BodyProgress progress = body_.read(in_, content, SIZE_MAX);
    in_.release_if_empty();
    while (!content.empty()) {
        const std::string_view bytes = content.front();
        if (answers_digest_) digest_.add(bytes);
        content.consume(bytes.size());
    }
    if (progress.status == http::BodyStatus::more) return Step::wait;
    if (progress.status == http::BodyStatus::rejected) {
        keep_alive_ = false;
        if (answers_digest_) answer_text(400, "the proxy sent a bad body\n");
    } else if (answers_digest_) {
        answer_text(200, digest_.answer());
    }
    if (keep_alive_) {
        phase_ = Phase::reading_head;
    } else {
        begin_ending();
    }
    return Step::go_on;
}

void BackendConnection::answer_text(std::uint16_t status, std::string_view text) {
    HeadWriter head(out_);
    head.status_line(status);
    head.field("Content-Type", "text/plain; charset=utf-8");
    head.field("Content-Length", text.size());
    if (!keep_alive_) head.field("Connection", "close");
    head.end();
    out_.append(text);
}

void BackendConnection::answer_bytes(std::string_view path) {
    const std::size_t slash = path.find('/');
    const std::size_t size = parse_size(path.substr(0, slash));
    if (slash == std::string_view::npos || size > longest_answer)
        return answer_text(404, "/bytes/SIZE/TOKEN\n");
    answer_text(200, repeated_content(path.substr(slash + 1), size));
}

void BackendConnection::accept_websocket(const http::RequestHead& head) {
    HeadWriter writer(out_);
    writer.status_line(101);
    writer.field("Connection", "Upgrade");
    writer.field("Upgrade", "websocket");
    const auto accept = websocket::accept_for(head.fields.first(FieldId::sec_websocket_key));
    writer.field("Sec-WebSocket-Accept", std::string_view(accept.data(), accept.size()));
    writer.end();
    phase_ = Phase::echoing;
}

BackendConnection::Step BackendConnection::echo() {
    if (in_.empty()) return Step::wait;
    Frame frame;
    const FrameResult read = read_frame(in_.data(), Sender::client, frame);
    if (read.status == FrameStatus::need_more) {
        in_.reserve(read.size);
        return Step::wait;
    }
    if (read.status == FrameStatus::bad) {
        begin_ending();
        return Step::go_on;
    }
    in_.consume(read.size);
    in_.release_if_empty();
    if (frame.opcode == Opcode::pong) return Step::go_on;
    if (frame.opcode == Opcode::close) begin_ending();
    if (frame.opcode == Opcode::ping) frame.opcode = Opcode::pong;
    out_.append(make_frame(Sender::server, frame));
    return Step::go_on;
}

void BackendConnection::begin_events() {
    HeadWriter head(out_);
    head.status_line(200);
    head.field("Content-Type", "text/event-stream");
    head.field("Cache-Control", "no-cache");
    head.field("Transfer-Encoding", "chunked");
    head.end();
    phase_ = Phase::streaming;
    on_event_due();
}

void BackendConnection::on_event_due() {
    if (phase_ != Phase::streaming) return;
    next_event_.arm(event_interval);
    if (out_.size() > unsent_limit) return;
    ByteQueue event(backend_.pool_);
    event.append(make_event(++event_));
    http::write_chunk(out_, std::move(event));
    flush();
}

BackendConnection::Step BackendConnection::read_on_end() {
    in_.consume(in_.size());
    in_.release_if_empty();
    if (phase_ == Phase::ending && out_.empty() && !said_end_) {
        said_end_ = true;
        transport_->shutdown_write();
    }
    return Step::wait;
}

std::string BackendConnection::friendly_page(std::string_view authority) const {
    const Story& story = backend_.story_;
    std::string page = "Hello! Baton brought you here: generation " + std::to_string(story.generation) +
                       ", master process " + std::to_string(story.master_pid) + ".\n";
    if (story.load_is_over) {
        page += std::to_string(story.upgrades) + " binary upgrades under load, " +
                std::to_string(story.requests) + " requests, " + std::to_string(story.failed) + " failed.\n";
    }
    return page + "Upgrade once more and ask again:  kill -USR2 " + std::to_string(story.master_pid) +
           "\nAn event stream that no upgrade ends:   curl -N http://" + std::string(authority) + "/events\n";
}

void BackendConnection::flush() {
    if (phase_ == Phase::gone || out_.empty()) return;
    if (transport_->send(out_).status == IoStatus::failed) go();
}

void BackendConnection::go() {
    if (phase_ == Phase::gone) return;
    phase_ = Phase::gone;
    next_event_.disarm();
    transport_->close();
    backend_.forget(*this);
}

}  // namespace baton::demo
