/// The proxy of the demo as an operator would run it: a configuration file, `baton run`, `baton upgrade`.
#pragma once

#include "proxy/demo/children.h"
#include "proxy/demo/generation_watch.h"
#include "server/net/address.h"

#include <filesystem>
#include <functional>
#include <string>

namespace baton::demo {

/// The configuration as YAML: one listener, one route, `workers` workers, everything that is written in
/// `folder`. Generations may drain for ten minutes: what the demo opens must end by itself, not by a
/// deadline.
std::string make_configuration(const std::filesystem::path& folder, std::uint16_t port,
                               const Address& backend);

class ProxyUnderLoad {
public:
    /// `program` is the absolute path of the binary to run; `folder` outlives the proxy.
    ProxyUnderLoad(Children& children, std::string program, std::filesystem::path folder, std::uint16_t port);

    /// Writes the configuration and starts the first master; `on_end` is told when that process ends, as it
    /// does once a successor has taken over and its last connection is gone. Fails with what the system said.
    Result<void> start(const Address& backend, Children::OnEnd on_end);
    /// Starts `baton upgrade`; `on_verdict` gets its ending and everything it printed.
    using OnVerdict = std::function<void(const Ending& ending, const std::string& output)>;
    Result<void> upgrade(OnVerdict on_verdict);
    /// Sends `signal` to the master of every generation that is not gone.
    void signal_masters(int signal);
    bool all_gone();

    GenerationWatch& generations() { return generations_; }
    Address address() const { return Address::ip("127.0.0.1", port_).value(); }
    std::string url() const { return "http://" + address().to_string() + "/"; }
    std::string config_file() const { return folder_ / "baton.yaml"; }
    /// The last lines of the proxy's error log, at most `lines`.
    std::string log_tail(std::size_t lines) const;

private:
    Children& children_;
    std::string program_;
    std::filesystem::path folder_;
    std::uint16_t port_;
    pid_t first_ = 0;  // may run before it has written its pid file
    unsigned upgrades_ = 0;
    GenerationWatch generations_;
};

}  // namespace baton::demo
