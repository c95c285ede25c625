/// What a tunnel waits for: a Pong, application data, its own end, and the end of its generation.
#include "proxy/exchange/tunnel.h"
#include "proxy/proxy_context.h"

#include <algorithm>

namespace baton {
namespace {

/// For the other side's Close and FIN once a close has begun.
constexpr Duration closing_grace = std::chrono::seconds{5};

TimePoint after(TimePoint since, config::Duration timeout) {
    return timeout > config::no_deadline ? since + timeout : TimePoint::max();
}

}  // namespace

// One timer for all: moving a deadline to a later time only stores it.
void Tunnel::arm_tick() {
    if (phase_ == Phase::finished) return;
    if (phase_ == Phase::closing) return tick_.arm_at(closing_since_ + closing_grace);
    TimePoint next = std::min(
        {after(last_data_, settings_->idle_timeout), after(started_, settings_->max_lifetime), drain_due_});
    if (kind_ == TunnelKind::websocket) {
        if (ping_sent_ != TimePoint{})
            next = std::min(next, after(ping_sent_, settings_->pong_timeout));
        else if (!ping_due_)
            next = std::min(next, after(heard_client_, settings_->ping_interval));
    }
    if (next != TimePoint::max()) tick_.arm_at(next);
}

void Tunnel::on_tick() {
    const TimePoint time = now();
    if (phase_ == Phase::closing) return finish(end_);
    if (time >= drain_due_) {
        context_.slot.add(shared::Counter::drain_closed);
        close(drain_code_, End::drain_deadline);
    } else if (ping_sent_ != TimePoint{} && time >= after(ping_sent_, settings_->pong_timeout)) {
        // The client is not there: nobody would read a Close.
        ++record_->pings_lost;
        context_.slot.add(shared::Counter::pongs_missed);
        record_->closed_by = "baton";
        return finish(End::client_timeout);
    } else if (time >= after(last_data_, settings_->idle_timeout) ||
               time >= after(started_, settings_->max_lifetime)) {
        close(1001, End::limit);
    } else if (ping_sent_ == TimePoint{} && time >= after(heard_client_, settings_->ping_interval)) {
        ping_due_ = kind_ == TunnelKind::websocket;
    }
    advance();
}

}  // namespace baton
