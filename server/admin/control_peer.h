/// One command that is connected to the admin socket.
#pragma once

#include "server/admin/control_server.h"

#include <cstdint>
#include <string>

namespace baton::admin {

class ControlPeer final : public Disposable, private WatchHandler {
public:
    ControlPeer(ControlServer& server, std::uint64_t id, Fd socket);
    Result<void> start();

    std::uint64_t id() const { return id_; }
    void send(const Answer& answer);
    /// Sends the verdict; closes when it has been sent, unless the command may wait for the end of the
    /// process.
    void finish(const Verdict& verdict);
    /// The connection stays after the verdict: its end tells the command that the process has ended.
    void stay_after_verdict() { stays_ = true; }

private:
    // reading_request → waiting_for_verdict → sending_verdict → closed
    enum class Phase : std::uint8_t { reading_request, waiting_for_verdict, sending_verdict, closed };

    void on_ready() noexcept override;
    void read_request();
    void watch_for_hang_up();
    void write_pending();
    void refuse(const std::string& text, int exit_code);
    void on_timeout();
    void close();
    bool is_allowed() const;

    ControlServer& server_;
    std::uint64_t id_;
    Fd socket_;
    Watch watch_;
    Timer deadline_;
    Phase phase_ = Phase::reading_request;
    bool stays_ = false;
    std::string in_;
    std::string out_;
};

}  // namespace baton::admin
