#include "proxy/demo/event_stream_client.h"

#include "proxy/demo/event_text.h"

namespace baton::demo {

EventStreamClient::EventStreamClient(const ClientContext& context, std::uint32_t number)
    : context_(context), number_(number), conversation_(context.loop, context.pool, *this) {}

void EventStreamClient::start() {
    conversation_.open(context_.target);
    if (!conversation_.is_open()) return;
    impatience_.arm(patience);
    conversation_.ask(http::Method::get,
                      "GET /events HTTP/1.1\r\nHost: demo\r\nAccept: text/event-stream\r\n\r\n");
}

void EventStreamClient::stop() {
    if (phase_ != Phase::ended) leave();
}

void EventStreamClient::on_head(const http::ResponseHead& head) noexcept {
    if (head.status != 200) return drop("it was answered with status " + std::to_string(head.status));
    phase_ = Phase::listening;
    Lasting& streams = context_.statistics.lasting(Load::event_stream);
    ++streams.opened;
    ++streams.alive;
}

void EventStreamClient::on_bytes(std::string_view bytes) noexcept {
    received_.append(bytes);
    std::size_t end;
    while (phase_ == Phase::listening && (end = received_.find("\n\n")) != std::string::npos) {
        const std::string event = received_.substr(0, end + 2);
        received_.erase(0, end + 2);
        hear(event);
    }
}

void EventStreamClient::hear(std::string_view event) {
    const std::uint64_t number = number_of_event(event);
    if (number == 0)
        return drop("after event " + std::to_string(last_event_) + " came \"" + std::string(event) + "\"");
    if (number <= last_event_) return drop("event " + std::to_string(number) + " came twice");
    if (number != last_event_ + 1) {
        return drop("event " + std::to_string(number) + " came after event " + std::to_string(last_event_));
    }
    last_event_ = number;
    ++context_.statistics.lasting(Load::event_stream).messages;
    impatience_.arm(patience);
}

void EventStreamClient::on_complete() noexcept {
    drop("the stream ended");
}

void EventStreamClient::on_broken(const std::string& what) noexcept {
    drop(what);
}

void EventStreamClient::on_impatient() {
    drop("no event came any more");
}

void EventStreamClient::leave() {
    if (is_alive()) --context_.statistics.lasting(Load::event_stream).alive;
    phase_ = Phase::ended;
    impatience_.disarm();
    conversation_.close();
}

void EventStreamClient::drop(const std::string& what) {
    if (phase_ == Phase::ended) return;
    const std::string who =
        "event stream " + std::to_string(number_) + ", event " + std::to_string(last_event_ + 1);
    context_.statistics.lasting_dropped(Load::event_stream, who, what);
    leave();
}

}  // namespace baton::demo
