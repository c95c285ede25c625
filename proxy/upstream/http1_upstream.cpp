#include "proxy/upstream/http1_upstream.h"

#include "server/assert.h"

namespace baton::upstream {

void Http1Upstream::attach(UpstreamLease lease) {
    ASSERT(!lease_ && unsent_.empty());  // `release` and `close` leave it as new
    lease_ = std::move(lease);
}

void Http1Upstream::reset() {
    unsent_.clear();
    request_framing_ = {};
    parser_.reset();
    body_.restart({});
    sent_ = 0;
    os_error_ = 0;
    request_finished_ = response_complete_ = keep_alive_ = anything_received_ = false;
}

void Http1Upstream::set_request_framing(http::BodyFraming framing) {
    request_framing_ = framing;
}

void Http1Upstream::send_body(ByteQueue& content) {
    if (request_framing_.kind == http::Framing::chunked)
        http::write_chunk(unsent_, std::move(content));
    else
        unsent_.append(std::move(content));
}

void Http1Upstream::finish_request() {
    if (request_finished_) return;
    request_finished_ = true;
    if (request_framing_.kind == http::Framing::chunked) http::write_last_chunk(unsent_);
}

IoResult Http1Upstream::flush() {
    if (unsent() == 0) return {IoStatus::done};
    const IoResult result = lease_->transport().send(unsent_);
    sent_ += result.bytes;
    if (result.status == IoStatus::failed) os_error_ = result.os_error;
    return result;
}

HeadRead Http1Upstream::read_head(http::ResponseHead& head, const http::HeadLimits& limits,
                                  http::Method request_method) {
    ReceiveBuffer& received = lease_->received();
    for (;;) {
        if (!received.empty()) {
            const http::ParseResult parsed = parser_.parse(received.data(), head, limits, request_method);
            if (parsed.status == http::ParseStatus::complete) return HeadRead::complete;
            if (parsed.status == http::ParseStatus::rejected) {
                rejection_ = parsed.rejection;
                return HeadRead::rejected;
            }
        }
        if (!lease_->transport().readable()) return HeadRead::need_more;
        const IoResult got = lease_->transport().receive(received);
        if (got.status == IoStatus::would_block) return HeadRead::need_more;
        if (got.status == IoStatus::closed) return HeadRead::closed;
        if (got.status == IoStatus::failed) {
            os_error_ = got.os_error;
            return HeadRead::failed;
        }
        if (got.bytes > 0) anything_received_ = true;
    }
}

void Http1Upstream::begin_body(const http::ResponseHead& head) {
    keep_alive_ = head.keep_alive;
    body_.restart(head.framing, http::TrailerMode::keep);
    lease_->received().consume(head.size);
    response_complete_ = body_.complete();
}

ResponseBodyRead Http1Upstream::read_body(ByteQueue& to, std::size_t most) {
    using Status = ResponseBodyRead::Status;
    ReceiveBuffer& received = lease_->received();
    std::size_t content = 0;
    while (!response_complete_) {
        if (!received.empty()) {
            const http::BodyProgress progress = body_.read(received, to, most - content);
            content += progress.content;
            if (progress.status == http::BodyStatus::rejected) {
                rejection_ = progress.rejection;
                return {Status::malformed, content};
            }
            if (progress.status == http::BodyStatus::complete) break;
            if (content >= most) return {Status::more, content};
        }
        if (!lease_->transport().readable()) return {Status::more, content};
        const IoResult got = lease_->transport().receive(received);
        if (got.status == IoStatus::would_block) return {Status::more, content};
        if (got.status == IoStatus::done) continue;
        os_error_ = got.os_error;
        keep_alive_ = false;
        // Only a clean end completes a body that ends with the connection.
        if (got.status == IoStatus::closed && body_.ended_by_close()) break;
        return {Status::truncated, content};
    }
    response_complete_ = true;
    return {Status::complete, content};
}

bool Http1Upstream::is_reusable() const {
    return response_complete_ && request_sent() && keep_alive_ &&
           body_.framing().kind != http::Framing::until_close && lease_->received_empty();
}

UpstreamLease Http1Upstream::take_lease() {
    UpstreamLease lease = std::move(lease_);
    reset();
    return lease;
}

void Http1Upstream::release() {
    if (!lease_) return;
    lease_.end(is_reusable() ? LeaseEnd::reusable : LeaseEnd::close);
    reset();
}

}  // namespace baton::upstream
