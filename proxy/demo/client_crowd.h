/// All clients of the demo together.
#pragma once

#include "proxy/demo/client.h"

#include <memory>
#include <vector>

namespace baton::demo {

struct LoadSizes {
    std::uint32_t websockets = 200;
    std::uint32_t streams = 20;
    std::uint32_t keep_alive_clients = 16;
    std::uint32_t new_connection_clients = 4;
    std::uint32_t upload_clients = 4;
};

class ClientCrowd {
public:
    ClientCrowd(const ClientContext& context, const LoadSizes& sizes);

    /// Opens the WebSockets and event streams.
    void open_lasting();
    /// Each of them stands, or has failed and been counted.
    bool lasting_settled() const;
    /// Lets the others begin.
    void start_requests();
    /// Asks everyone to finish.
    void stop();
    bool has_ended() const;

private:
    ClientContext context_;
    LoadSizes sizes_;
    std::vector<std::unique_ptr<Client>> lasting_;
    std::vector<std::unique_ptr<Client>> requesting_;
};

}  // namespace baton::demo
