#include "proxy/hand_over/arrivals.h"

#include "proxy/downstream/http1_downstream.h"
#include "proxy/escrow/escrow.h"
#include "proxy/hand_over/departures.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/proxy_context.h"
#include "server/log/log.h"

#include <sys/resource.h>

#include <algorithm>

namespace baton::hand_over {
namespace {

/// For listeners, logs, links and new clients.
constexpr std::uint64_t reserved_descriptors = 256;

}  // namespace

/// One worker that offers connections.
class Arrivals::Link final : public Disposable, private upgrade::HandOverSink {
public:
    Link(Arrivals& owner, Fd link)
        : owner_(owner),
          receiver_(std::make_unique<upgrade::HandOverReceiver>(
              owner.context_.loop, std::move(link), static_cast<upgrade::HandOverSink&>(*this))) {}
    bool start() { return receiver_->start().has_value(); }
    const upgrade::HandOverReceiver& receiver() const { return *receiver_; }

private:
    upgrade::ParcelKinds kinds() const override { return kinds_of_this_build; }
    std::uint32_t free_descriptors() const override { return owner_.free_descriptors(); }
    tl::expected<std::unique_ptr<upgrade::Arrival>, upgrade::Refusal> hold(
        upgrade::ArrivedParcel& parcel) override {
        return owner_.hold(parcel);
    }
    void on_receiver_over() override { owner_.remove(*this); }
    void on_window_taken() override { owner_.pass_on(); }

    Arrivals& owner_;
    std::unique_ptr<upgrade::HandOverReceiver> receiver_;
};

Arrivals::Arrivals(ProxyContext& context) : context_(context) {}

Arrivals::~Arrivals() = default;

bool Arrivals::add(Fd link) {
    auto added = std::make_unique<Link>(*this, std::move(link));
    if (!added->start()) return false;
    links_.push_back(std::move(added));
    return true;
}

tl::expected<std::unique_ptr<upgrade::Arrival>, upgrade::Refusal> Arrivals::hold(
    upgrade::ArrivedParcel& parcel) {
    switch (parcel.kind) {
        case connection:
        case exchange: return Http1Downstream::unpack(context_, parcel);
        case tunnel: return Tunnel::unpack(context_, parcel);
        default: return tl::unexpected(upgrade::Refusal::unknown_kind);
    }
}

/// Each client may need one more for its endpoint.
std::uint32_t Arrivals::free_descriptors() const {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const std::uint64_t used =
        2 * (std::uint64_t{context_.connection_count} + context_.tunnel_count) + reserved_descriptors;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(limit.rlim_cur > used ? limit.rlim_cur - used : 0, UINT32_MAX));
}

/// In a quick succession of generations nothing rests in one that goes itself.
void Arrivals::pass_on() {
    if (context_.escrow) context_.escrow->look();
    if (context_.handing_over) context_.departures->notice_arrivals();
}

void Arrivals::remove(Link& link) {
    log::info("hand_over.taken")
        .with("moved", link.receiver().moved())
        .with("end", to_string(link.receiver().why_over()));
    const auto found = std::ranges::find(links_, &link, &std::unique_ptr<Link>::get);
    context_.loop.destroy_later(std::move(*found));
    links_.erase(found);
}

}  // namespace baton::hand_over
