/// What a master and its worker say to each other, over a SEQPACKET pair that dies with either of them.
///
/// Both ends run the very same binary (a worker is forked without exec), so a message is a plain struct.
#pragma once

#include "server/event/fd.h"
#include "server/process/accept_share.h"
#include "server/process/service.h"

#include <cstdint>
#include <optional>

namespace baton {

struct WorkerOrder {
    enum class Kind : std::uint8_t {
        accept,
        stop_accepting,
        stand_by,  ///< stop accepting, and let live connections go to a successor
        drain,
        reopen_logs,
        use_certificates,  ///< with what pack_certificates has made
        hand_over,         ///< with the worker's end of a link to a successor's worker
        take_over,         ///< with the worker's end of a link to a predecessor's worker
        probe,             ///< with the worker's end of a connection of the master's own
    };
    Kind kind;
    // With Kind::drain only; CLOCK_MONOTONIC nanoseconds.
    std::int64_t deadline = 0;
    std::int64_t close_spread = 0;
    std::int64_t idle_grace_until = 0;
    // With Kind::accept only.
    AcceptShare share{};
    // With Kind::hand_over only: which of the offers of links this one is part of.
    std::uint32_t batch = 0;
    // With Kind::probe only: into Config::listeners.
    std::uint32_t listener = 0;

    static WorkerOrder accept(AcceptShare share);
    static WorkerOrder drain(const DrainOrder& order);
    DrainOrder drain_order() const;
};

struct WorkerReport {
    enum class Kind : std::uint8_t {
        ready = 1,           ///< the worker has turned its loop once with its listeners
        not_accepting = 2,   ///< it drains: whoever connects from now on is somebody else's
        forbidden_call = 3,  ///< its sandbox kills it for a system call
    };
    Kind kind{};
    std::int32_t system_call = 0;  ///< with Kind::forbidden_call only

    static constexpr WorkerReport forbidden_call(int number) { return {Kind::forbidden_call, number}; }
};

struct WorkerChannelEnds {
    Fd master;
    Fd worker;
};
Result<WorkerChannelEnds> make_worker_channel();

/// False when the other side is gone or does not read (it hangs and will be replaced). `descriptor` goes
/// along and stays the caller's; -1 is none.
bool send_order(int channel, const WorkerOrder& order, int descriptor = -1);
/// Safe in a signal handler.
bool send_report(int channel, WorkerReport report);

enum class ChannelState : std::uint8_t { message, nothing_more, hung_up };
/// `descriptor` is what came along; empty without, or when this process has no room for one more.
ChannelState receive_order(int channel, WorkerOrder& order, Fd& descriptor);
ChannelState receive_report(int channel, WorkerReport& report);

}  // namespace baton
