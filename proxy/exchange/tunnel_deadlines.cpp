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

// The lifetime of each tunnel is its own by a tenth more or less: those that began together do not end
// together.
void Tunnel::set_long_deadlines() {
    if (settings_->max_lifetime > config::no_deadline) {
        const Duration lifetime = settings_->max_lifetime;
        lifetime_ends_ = started_ + lifetime * 9 / 10 + lifetime / 5 / 1024 * context_.random.below(1024);
    }
    set_next_report();
}

void Tunnel::set_next_report() {
    const config::AccessLog& log = context_.config->logging.access;
    if (context_.access_log && log.long_lived == config::LongLived::periodic)
        next_report_ = after(now(), log.interval);
}

/// When this side is pinged, or is taken for gone because it did not answer.
TimePoint Tunnel::ping_deadline(const Side& side) const {
    if (kind_ != TunnelKind::websocket || !is_pinged(side) || side.ping_due) return TimePoint::max();
    return side.ping_sent != TimePoint{} ? after(side.ping_sent, settings_->pong_timeout)
                                         : after(side.heard, settings_->ping_interval);
}

// One timer for all: moving a deadline to a later time only stores it.
void Tunnel::arm_tick() {
    if (phase_ == Phase::finished) return;
    if (phase_ == Phase::closing) return tick_.arm_at(closing_since_ + closing_grace);
    const TimePoint next = std::min({after(last_data_, settings_->idle_timeout), lifetime_ends_, drain_due_,
                                     next_report_, ping_deadline(client_), ping_deadline(endpoint_)});
    if (next != TimePoint::max()) tick_.arm_at(next);
}

// Asks a silent side for a sign of life; true when it was asked before and has not answered.
bool Tunnel::lost(Side& side) {
    if (now() < ping_deadline(side)) return false;
    if (side.ping_sent != TimePoint{}) return true;
    side.ping_due = true;
    return false;
}

void Tunnel::report_progress() {
    record_->event = AccessEvent::stream_progress;
    record_->total = now() - started_;
    record_->messages_in = client_.cursor.messages();
    record_->messages_out = endpoint_.cursor.messages();
    context_.access_log->write(*record_);
    set_next_report();
}

void Tunnel::on_tick() {
    const TimePoint time = now();
    wake();
    if (phase_ == Phase::closing) return finish(end_);
    if (time >= next_report_) report_progress();
    if (time >= drain_due_) {
        context_.slot.add(shared::Counter::drain_closed);
        close(drain_code_, End::drain_deadline);
    } else if (time >= after(last_data_, settings_->idle_timeout) || time >= lifetime_ends_) {
        close(1001, End::limit);
    } else {
        const bool client_lost = lost(client_);
        if (client_lost || lost(endpoint_)) {
            // Nobody is there to read a Close.
            ++record_->pings_lost;
            context_.slot.add(shared::Counter::pongs_missed);
            record_->closed_by = "baton";
            return finish(client_lost ? End::client_timeout : End::upstream_timeout);
        }
    }
    advance();
}

}  // namespace baton
