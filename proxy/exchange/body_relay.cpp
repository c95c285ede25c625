/// Both bodies of an exchange on their way through, with back-pressure: what one side does not take is not
/// read from the other.
#include "proxy/exchange/exchange.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/http/trailers.h"

namespace baton {
namespace {

/// No more is read while so much waits to be written.
constexpr std::size_t high_watermark = 64 * 1024;
/// Moved in one piece.
constexpr std::size_t portion = 64 * 1024;
/// Moved in one turn of one direction before others get theirs.
constexpr std::size_t portions_per_turn = 4;

http::FieldList chosen_trailers(std::string_view section) {
    http::FieldList all, chosen;
    if (http::parse_trailers(section, all).status != http::ParseStatus::complete) return chosen;
    for (const http::Field& field : all)
        if (http::allowed_in_trailers(field)) chosen.add(field);
    return chosen;
}

}  // namespace

// Sends what there is of the request. `wait` means that nothing more can be done in this direction now, or
// that the exchange has ended.
Exchange::Step Exchange::pump_request() {
    bool more_to_read = true;
    for (std::size_t moved = 0; !upstream_.request_finished() && upstream_.unsent() < high_watermark;
         ++moved) {
        const RequestBodyRead read = stream_->read_request_body(body_, portion);
        if (take_request_body(read) == Step::wait) return Step::wait;
        more_to_read = read.content > 0 && upstream_.flush().status != IoStatus::failed;
        if (!more_to_read || moved == portions_per_turn) break;
    }
    // An endpoint that stops reading may have answered already: its response is looked for before anything is
    // said.
    upstream_.flush();
    // What the bounds of this turn held back goes on in the next: no event will say so.
    if (more_to_read && !upstream_.request_finished() && upstream_.unsent() < high_watermark)
        upstream_.connection().transport().call_again();
    return Step::go_on;
}

Exchange::Step Exchange::take_request_body(const RequestBodyRead& read) {
    if (read.content > 0) {
        progress_ = context_.loop.now();
        record_.bytes_in += read.content;
        if (record_.bytes_in > limits_->body_size) {
            if (response_begun_) return cut(End::limit);
            upstream_.close();
            return reply(413, "the request body is too large", End::limit);
        }
        keep_for_replay();
        upstream_.send_body(body_);
    }
    switch (read.status) {
        case RequestBodyRead::Status::more: return Step::go_on;
        case RequestBodyRead::Status::complete:
            upstream_.finish_request();
            progress_ = context_.loop.now();
            return Step::go_on;
        case RequestBodyRead::Status::gone: upstream_.close(); return cut(End::client_abort);
        case RequestBodyRead::Status::malformed: break;
    }
    // The end never reaches the endpoint, which must not take the request for complete.
    upstream_.close();
    record_.detail = http::rejection_name(read.rejection);
    if (response_begun_) return cut(End::bad_request);
    return reply(400, record_.detail, End::bad_request);
}

void Exchange::keep_for_replay() {
    if (!replay_possible_) return;
    if (target_->retries->attempts == 0 || replay_.size() + body_.size() > target_->retries->buffer) {
        replay_possible_ = false;
        replay_.clear();
        return;
    }
    replay_.share(body_);
}

// What the client takes is progress: only a client that takes nothing runs into `client_write`.
bool Exchange::flush_to_client() {
    const std::size_t waiting = stream_->unsent();
    const bool there = stream_->flush();
    left_unsent_ = stream_->unsent();
    if (left_unsent_ < waiting) progress_ = context_.loop.now();
    return there;
}

void Exchange::finish_response() {
    static const http::FieldList none;
    if (upstream_.trailers().empty() || !http::lists_token(head_.fields, http::FieldId::te, "trailers"))
        return stream_->finish(none);
    stream_->finish(chosen_trailers(upstream_.trailers()));
}

Exchange::Step Exchange::relay() {
    if (!upstream_.request_finished() && pump_request() == Step::wait) return Step::wait;
    // Sealed records leave without our doing.
    if (stream_->unsent() < left_unsent_) progress_ = context_.loop.now();
    // Otherwise what waits, such as the head, leaves together with the body.
    if (stream_->unsent() >= high_watermark && !flush_to_client()) return cut(End::client_abort);
    for (std::size_t moved = 0; stream_->unsent() < high_watermark; ++moved) {
        if (moved == portions_per_turn) {
            upstream_.connection().transport().call_again();
            return Step::wait;
        }
        const upstream::ResponseBodyRead read = upstream_.read_body(body_, portion);
        sent_to_client_ += read.content;
        if (read.content > 0) {
            progress_ = context_.loop.now();
            stream_->send_body(body_);
        }
        switch (read.status) {
            case upstream::ResponseBodyRead::Status::more:
                if (!flush_to_client()) return cut(End::client_abort);
                if (read.content == 0) return Step::wait;
                continue;
            case upstream::ResponseBodyRead::Status::complete: {
                finish_response();
                if (!flush_to_client()) return cut(End::client_abort);
                return end(End::ok);
            }
            case upstream::ResponseBodyRead::Status::malformed:
                record_.detail = http::rejection_name(upstream_.rejection());
                stream_->flush();
                return cut(End::upstream_bad_response);
            case upstream::ResponseBodyRead::Status::truncated:
                record_.detail = "the response ended too early";
                stream_->flush();
                return cut(End::upstream_reset);
        }
    }
    if (!flush_to_client()) return cut(End::client_abort);
    // The client has taken some after all: there is room for more.
    if (stream_->unsent() < high_watermark) upstream_.connection().transport().call_again();
    return Step::wait;
}

}  // namespace baton
