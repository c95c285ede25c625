#include "upgrade/orphan.h"

#include "server/log/log.h"
#include "upgrade/drain.h"
#include "upgrade/links.h"

namespace baton::upgrade {

Orphan::Orphan(EventLoop& loop, OrphanedWorker& worker, const Foundling::Facts& facts, bool hands_over)
    : loop_(loop),
      worker_(worker),
      hello_(facts.hello),
      hands_over_(hands_over),
      foundling_(loop, facts, static_cast<FoundlingHandler&>(*this)) {
    foundling_.wait();
}

Orphan::~Orphan() {
    if (!line_) return;
    line_->close();
    loop_.destroy_later(std::move(line_));
}

void Orphan::on_adopted(std::unique_ptr<ControlChannel> line) {
    line_ = std::move(line);
    line_->set_handler(*this);
}

void Orphan::on_channel_lost(ControlChannel&, Reason) {
    log::warn("orphan.line_lost");
    loop_.destroy_later(std::move(line_));
    foundling_.wait();
}

void Orphan::on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>&) {
    if (std::holds_alternative<Reopen>(message)) return worker_.reopen_logs();
    if (const auto* const invite = std::get_if<Invite>(&message)) return accept_invitation(*invite);
    const auto* const stop = std::get_if<Stop>(&message);
    if (stop == nullptr || (stop->generation != 0 && stop->generation != hello_.generation)) return;
    worker_.drain(order_of(*stop));
}

void Orphan::accept_invitation(const Invite& invite) {
    if (!hands_over_ || (invite.parcel_kinds & hello_.parcel_kinds) == 0) return;
    auto links = make_links(1, invite.workers);
    if (!links) return;
    send_links(*line_, hello_.generation, std::move(links->of_successor));
    worker_.hand_over(std::move(links->of_predecessor));
}

}  // namespace baton::upgrade
