#include "upgrade/predecessor.h"

#include "server/assert.h"

#include <variant>

namespace baton::upgrade {

Predecessor::Predecessor(EventLoop& loop, Fd control, PredecessorHandler& handler)
    : loop_(loop),
      handler_(handler),
      channel_(std::make_unique<ControlChannel>(loop, std::move(control),
                                                static_cast<ControlChannelHandler&>(*this))) {}

Predecessor::~Predecessor() {
    if (!channel_) return;
    channel_->close();  // it may be in the middle of a message, and must not tell us of another
    loop_.destroy_later(std::move(channel_));
}

Result<void> Predecessor::start(const Hello& own) {
    own_ = own;
    if (auto started = channel_->start(); !started) return started;
    channel_->send(own_);
    return {};
}

void Predecessor::report_ready(std::uint32_t generation, std::uint32_t workers) {
    if (phase_ != Phase::getting_ready) return;
    phase_ = Phase::awaiting_commit;
    channel_->send(Ready{generation, workers});
}

void Predecessor::report_failed(int exit_code, const std::string& reason) {
    phase_ = Phase::over;
    channel_->send(Failed{exit_code, reason});
}

void Predecessor::report_accepting() {
    ASSERT(phase_ == Phase::committed);
    phase_ = Phase::over;
    channel_->send(Accepting{});
}

void Predecessor::on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>& descriptors) {
    switch (phase_) {
        case Phase::awaiting_hello: {
            const auto* const hello = std::get_if<Hello>(&message);
            if (hello == nullptr) return give_up("its first word is not HELLO");
            if (common_protocol(own_, *hello) == 0) return give_up("no common version of the protocol");
            hello_ = *hello;
            phase_ = Phase::getting_ready;
            return handler_.on_hello(*hello_);
        }
        case Phase::awaiting_commit:
            if (const auto* const commit = std::get_if<Commit>(&message)) {
                phase_ = Phase::committed;
                return handler_.on_commit(std::move(descriptors), *commit);
            }
            return give_up("it said something out of turn");
        case Phase::getting_ready:
        case Phase::committed: return give_up("it said something out of turn");
        case Phase::over: return;
    }
}

void Predecessor::on_channel_lost(ControlChannel&, Reason reason) {
    give_up(reason == Reason::closed ? "it has ended" : "it broke the control protocol");
}

void Predecessor::give_up(const std::string& why) {
    const bool committed = phase_ == Phase::committed || phase_ == Phase::over;
    phase_ = Phase::over;
    if (!committed) handler_.on_predecessor_lost(why);
}

}  // namespace baton::upgrade
