/// `baton demo`: three binary upgrades under load, on this machine, with nothing to install or configure.
///
/// Starts a backend (HTTP, WebSocket echo, event streams), this same binary in front of it as a real `baton
/// run`, and clients that check every byte they get, and replaces the running proxy while they do.
#pragma once

#include <chrono>
#include <cstdint>

namespace baton::demo {

/// After the load: stay up for the reader's own curl until Ctrl-C, or end at once (`--exit`).
enum class Afterwards : std::uint8_t { stay_up, exit };

/// How the result is told: a live table (plain lines when standard output is no terminal), or one JSON object
/// (`--json`).
enum class Output : std::uint8_t { people, json };

struct Options {
    std::uint32_t upgrades = 3;         ///< binary upgrades under load; 0 … 100
    std::uint32_t websockets = 200;     ///< WebSockets held open over all of them; 0 … 10 000
    std::uint32_t streams = 20;         ///< event streams held open over all of them; 0 … 10 000
    std::chrono::seconds duration{10};  ///< of the load; at least 1 s
    std::uint16_t port = 0;             ///< loopback port of the proxy; 0 = a free one
    Afterwards afterwards = Afterwards::stay_up;
    Output output = Output::people;
};

/// Runs the demo and returns the exit status of the command: 0, or 1 when a request failed, a WebSocket or an
/// event stream was dropped, or an upgrade did not succeed; 70 when the demo itself cannot start (no free
/// port, no temporary folder). Blocks until the end or Ctrl-C; leaves no process and no file behind. Call it
/// in a process of one thread: it forks.
int run(const Options& options);

}  // namespace baton::demo
