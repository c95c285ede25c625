/// Takes by itself what has been put in the place of something that is served: notices it, waits until it
/// stands still, gives the order, and remembers what was refused.
#pragma once

#include "server/admin/orders.h"
#include "server/process/file_watch.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::upgrade {

/// Something on disk that is watched while it is served: the configuration, the binary.
class Watched {
public:
    /// What is there, equal for equal things; nothing while somebody has it open for writing.
    using Content = std::optional<std::string>;
    using OnFound = std::function<void(const Content&)>;

    virtual ~Watched() = default;
    /// What it is called in the log.
    virtual std::string_view name() const = 0;
    /// When one of them changes it may be another one.
    virtual std::vector<std::string> paths() const = 0;
    /// Finds out what is there and tells it once, perhaps before it returns; never after `stop_looking`.
    virtual void look(OnFound on_found) = 0;
    virtual void stop_looking() = 0;
    /// Whether there is nothing to take in it: it is what is served, or nothing at all.
    virtual bool is_served(const std::string& content) const = 0;
    /// Whether the order can be given now.
    virtual bool may_be_taken() const = 0;
    /// Gives the order. Whatever is there by then is checked; what is bad is refused and told in the log.
    virtual void take(admin::Reply reply) = 0;
};

///              it may have changed               the same as at the last look
///     waiting ─────────────────────► looking ───────────────────────────────► taking
///        ▲                           │ ▲   │                                    │
///        └─ served, tried before ────┘ │   └─ another one, still written, busy  │
///                             half a second                  │                  │
///                                      └──── pausing ◄───────┴───── verdict ────┘
///
/// and from everywhere to `off` when it is told to stop. What is found must be found twice, half a second
/// apart: together with the quiet time of `FileWatch` a writer has a second for the rest. After a verdict it
/// looks again, so that a change during the replacement is not lost. What has been tried, well or not, waits
/// for another content.
class ChangeTaker {
public:
    static constexpr Duration pause = std::chrono::milliseconds{500};

    ChangeTaker(EventLoop& loop, Watched& watched);
    ChangeTaker(const ChangeTaker&) = delete;
    ChangeTaker& operator=(const ChangeTaker&) = delete;
    ~ChangeTaker();

    /// Watches what `paths` says by now. What happened before is looked at, too.
    void start();
    void stop();

private:
    enum class State : std::uint8_t { off, waiting, looking, pausing, taking };

    /// What a look has shown.
    enum class Sight : std::uint8_t {
        unfinished,  ///< somebody has it open for writing
        served,      ///< what is served anyway
        tried,       ///< what has had its verdict already
        unsettled,   ///< not what the last look has shown, or changed since
        steady,      ///< to be taken
    };

    void enter(State state);
    void look_when_free();
    void on_change();
    void on_time();
    void on_found(const Watched::Content& content);
    Sight judge(const Watched::Content& content) const;
    static std::string_view to_string(Sight sight);
    void on_verdict(int exit_code);

    EventLoop& loop_;
    Watched& watched_;
    State state_ = State::off;
    std::unique_ptr<FileWatch> files_;  // null when off
    bool changed_meanwhile_ = false;    // since the look began
    int looks_at_unfinished_ = 0;       // in a row
    Watched::Content seen_;             // at the last look
    Watched::Content tried_;            // has had its verdict
    Timer timer_;
};

}  // namespace baton::upgrade
