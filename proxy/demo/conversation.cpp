#include "proxy/demo/conversation.h"

#include <cstring>

namespace baton::demo {

namespace {
// One connection reads so often before others get their turn.
constexpr int reads_per_call = 8;

std::string os_text(int os_error) {
    return os_error == 0 ? "unknown error" : std::strerror(os_error);
}
}  // namespace

Conversation::Conversation(EventLoop& loop, BlockPool& pool, ConversationHandler& handler)
    : loop_(loop), pool_(pool), handler_(handler), in_(pool), out_(pool) {}

void Conversation::open(const Address& address) {
    in_ = ReceiveBuffer(pool_);
    out_.clear();
    parser_.reset();
    asked_ = 0;
    keep_alive_ = true;
    auto started = start_connecting(loop_, address);
    if (!started) {
        transport_.reset();
        phase_ = Phase::closed;
        handler_.on_broken("connecting failed: " + os_text(started.error().os_error));
        return;
    }
    transport_ = std::move(*started);
    transport_->set_handler(*this);
    connecting_ = true;
    phase_ = Phase::idle;
}

void Conversation::ask(http::Method method, std::string_view request) {
    if (!in_.empty()) {
        break_off(std::to_string(in_.size()) + " bytes had arrived before the request was written");
        return;
    }
    method_ = method;
    ++asked_;
    phase_ = Phase::reading_head;
    out_.append(request);
    if (!connecting_) advance();
}

void Conversation::write(std::string_view bytes) {
    out_.append(bytes);
    flush();
}

void Conversation::close() {
    phase_ = Phase::closed;
    connecting_ = false;
    if (transport_) transport_->close();
}

void Conversation::on_transport_ready() noexcept {
    if (phase_ == Phase::closed) return;
    if (connecting_ && !finish_connecting()) return;
    if (phase_ == Phase::idle) return;  // whatever it is, this client does not look before it writes
    advance();
}

bool Conversation::finish_connecting() {
    if (!transport_->writable() && !transport_->hung_up()) return false;
    connecting_ = false;
    const int error = transport_->take_error();
    if (error == 0) return true;
    break_off("connecting failed: " + os_text(error));
    return false;
}

void Conversation::advance() {
    if (!flush()) return;
    for (int reads = 0; phase_ != Phase::closed && phase_ != Phase::idle && transport_->readable(); ++reads) {
        if (reads == reads_per_call) {
            transport_->call_again();
            return;
        }
        const IoResult got = transport_->receive(in_);
        switch (got.status) {
            case IoStatus::done: understand(); break;
            case IoStatus::would_block: return;
            case IoStatus::closed: peer_ended(); return;
            case IoStatus::failed: break_off("reading failed: " + os_text(got.os_error)); return;
        }
    }
}

bool Conversation::flush() {
    if (out_.empty()) return true;
    const IoResult sent = transport_->send(out_);
    if (sent.status != IoStatus::failed) return true;
    break_off("writing failed: " + os_text(sent.os_error) + answered_already());
    return false;
}

// A proxy that refuses a request before it has all of it says why before it closes.
std::string Conversation::answered_already() {
    if (transport_->receive(in_).status != IoStatus::done) return {};
    return "; it had answered: " + std::string(in_.data().substr(0, in_.data().find('\r')).substr(0, 100));
}

void Conversation::understand() {
    if (phase_ == Phase::reading_head && !read_head()) return;
    if (phase_ == Phase::reading_body && !read_body()) return;
    if (phase_ == Phase::tunnel) pass_tunnel_bytes();
    in_.release_if_empty();
}

bool Conversation::read_head() {
    http::ResponseHead head;
    while (phase_ == Phase::reading_head) {
        const http::ParseResult parsed = parser_.parse(in_.data(), head, http::HeadLimits{}, method_);
        if (parsed.status == http::ParseStatus::need_more) return false;
        if (parsed.status == http::ParseStatus::rejected) {
            break_off("the response head is not HTTP: " +
                      std::string(http::rejection_name(parsed.rejection)));
            return false;
        }
        parser_.reset();
        if (head.status < 200 &&
            head.status != 101) {  // interim responses may come at any time (RFC 9110 §15.2)
            in_.consume(head.size);
            continue;
        }
        keep_alive_ = head.keep_alive;
        body_ = http::Http1BodyReader(head.framing);
        phase_ = Phase::reading_body;
        handler_.on_head(head);
        if (phase_ == Phase::closed) return false;
        in_.consume(head.size);
    }
    return true;
}

bool Conversation::read_body() {
    ByteQueue content(pool_);
    const http::BodyProgress progress = body_.read(in_, content, SIZE_MAX);
    while (!content.empty()) {
        const std::string_view bytes = content.front();
        handler_.on_bytes(bytes);
        if (phase_ != Phase::reading_body) return false;
        content.consume(bytes.size());
    }
    switch (progress.status) {
        case http::BodyStatus::more: return true;
        case http::BodyStatus::rejected:
            break_off("the response body is broken: " +
                      std::string(http::rejection_name(progress.rejection)));
            return false;
        case http::BodyStatus::complete: break;
    }
    if (!in_.empty()) {
        break_off(std::to_string(in_.size()) + " bytes more than the response came");
        return false;
    }
    in_.release_if_empty();
    phase_ = Phase::idle;
    handler_.on_complete();
    return false;
}

void Conversation::pass_tunnel_bytes() {
    while (phase_ == Phase::tunnel && !in_.empty()) {
        const std::size_t size = in_.size();
        handler_.on_bytes(in_.data());
        if (phase_ == Phase::tunnel) in_.consume(size);
    }
}

void Conversation::peer_ended() {
    if (phase_ == Phase::tunnel || (phase_ == Phase::reading_body && body_.ended_by_close())) {
        close();
        handler_.on_complete();
        return;
    }
    if (phase_ == Phase::reading_head && in_.empty()) {
        break_off("the connection was closed instead of an answer");
    } else if (phase_ == Phase::reading_head) {
        break_off("the connection was closed after " + std::to_string(in_.size()) +
                  " bytes of the response head");
    } else {
        break_off("the connection was closed after " + std::to_string(body_.received()) +
                  " bytes of the response body");
    }
}

void Conversation::break_off(const std::string& what) {
    close();
    handler_.on_broken(what);
}

}  // namespace baton::demo
