#include "proxy/demo/client_crowd.h"

#include "proxy/demo/event_stream_client.h"
#include "proxy/demo/request_client.h"
#include "proxy/demo/websocket_client.h"

#include <algorithm>

namespace baton::demo {

using std::chrono::milliseconds;

namespace {
constexpr Habit hasty{Load::keep_alive, Duration{0}, milliseconds{5}};
constexpr Habit coming_and_going{Load::new_connection, milliseconds{5}, milliseconds{25}};
constexpr Habit uploading{Load::upload, milliseconds{5}, milliseconds{25}};

bool all_ended(const std::vector<std::unique_ptr<Client>>& clients) {
    return std::all_of(clients.begin(), clients.end(),
                       [](const auto& client) { return client->has_ended(); });
}
}  // namespace

ClientCrowd::ClientCrowd(const ClientContext& context, const LoadSizes& sizes)
    : context_(context), sizes_(sizes) {
    context_.statistics.lasting(Load::websocket).wanted = sizes.websockets;
    context_.statistics.lasting(Load::event_stream).wanted = sizes.streams;
    for (std::uint32_t i = 1; i <= sizes.websockets; ++i) {
        lasting_.push_back(std::make_unique<WebSocketClient>(context_, i));
    }
    for (std::uint32_t i = 1; i <= sizes.streams; ++i) {
        lasting_.push_back(std::make_unique<EventStreamClient>(context_, i));
    }
    const auto add = [this](const Habit& habit, std::uint32_t count) {
        for (std::uint32_t i = 1; i <= count; ++i) {
            requesting_.push_back(std::make_unique<RequestClient>(context_, habit, i));
        }
    };
    add(hasty, sizes.keep_alive_clients);
    add(coming_and_going, sizes.new_connection_clients);
    add(uploading, sizes.upload_clients);
}

void ClientCrowd::open_lasting() {
    for (auto& client : lasting_) client->start();
}

bool ClientCrowd::lasting_settled() const {
    const Statistics& statistics = context_.statistics;
    const Lasting& websockets = statistics.lasting(Load::websocket);
    const Lasting& streams = statistics.lasting(Load::event_stream);
    return websockets.alive + websockets.dropped >= websockets.wanted &&
           streams.alive + streams.dropped >= streams.wanted;
}

void ClientCrowd::start_requests() {
    for (auto& client : requesting_) client->start();
}

void ClientCrowd::stop() {
    for (auto& client : requesting_) client->stop();
    for (auto& client : lasting_) client->stop();
}

bool ClientCrowd::has_ended() const {
    return all_ended(requesting_) && all_ended(lasting_);
}

}  // namespace baton::demo
