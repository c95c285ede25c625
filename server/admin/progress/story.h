/// How far a replacement is, from what its master reports and what looks at the lineage show: what there is
/// to draw, without how.
#pragma once

#include "server/admin/orders.h"
#include "server/admin/progress/lineage_view.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace baton::admin {

///     ordered ──switched, on trial──► trial ──┐
///        │ └────────── verdict: ok ───────────┴──► draining ──the old generation is gone──► over
///        └──────────── verdict: failed, refused ───────────────────────────────────────────► over
///
/// From any of them but the last: nobody looks on any more ──► left
class Story {
public:
    enum class Stage : std::uint8_t { ordered, trial, draining, over, left };
    /// A finished part of the way: `preflight`, `start`, `switch`, `canary`, `side_by_side`, `probation`.
    struct Step {
        std::string name;
        Duration took{};
    };
    struct Failure {
        std::string step;  ///< empty = the order was refused
        Duration after{};
        std::vector<std::string> lines;  ///< of the reason
        std::string outcome;             ///< who serves now
    };
    struct Kind {
        const char* name;
        std::uint64_t open;
        std::uint64_t most;  ///< that were seen open
    };

    /// `what`: `upgrade`, `reload`, `rollback`.
    Story(std::string what, TimePoint now) : what_(std::move(what)), began_(now), stage_began_(now) {}

    void look(LineageView view, TimePoint now);
    /// One event of the order's progress.
    void step(const Verdict& event, TimePoint now);
    void conclude(const Verdict& verdict, TimePoint now);
    void pass_time(TimePoint now) { now_ = now; }
    /// It goes on, and nobody follows it any more.
    void leave();
    /// Something to be read beside it, as why a key did nothing; in the place of what was said before.
    void remark(std::string text) { remark_ = std::move(text); }

    Stage stage() const { return stage_; }
    const std::string& what() const { return what_; }
    /// Of the stage; a step that runs began with it.
    Duration elapsed() const { return now_ - stage_began_; }
    const std::vector<Step>& steps() const { return steps_; }
    /// The name of the step that runs now; empty when none does.
    std::string running() const;
    const std::optional<Verdict>& verdict() const { return verdict_; }
    const std::optional<Failure>& failure() const { return failure_; }

    const std::string& remark() const { return remark_; }
    /// The replacement went well, and the generation that was replaced is not there any more.
    bool predecessor_is_gone() const;

    /// As they were seen first and last; null when they were not.
    const LineageView* before() const { return before_ ? &*before_ : nullptr; }
    const LineageView* now() const { return now_view_ ? &*now_view_ : nullptr; }
    /// The generation that is replaced, as it is now, or as it was seen last.
    const GenerationView* predecessor() const { return predecessor_ ? &*predecessor_ : nullptr; }
    const GenerationView* successor() const { return successor_ ? &*successor_ : nullptr; }
    const TrialView* trial() const;

    // Of the predecessor, since the replacement began.
    std::uint64_t had() const;  ///< connections: those that are open, and those below
    std::uint64_t open() const;
    std::uint64_t moved() const;
    std::uint64_t closed() const;
    std::uint64_t drained() const;
    std::uint64_t refused() const;
    /// Those that it has had at all.
    std::vector<Kind> kinds() const;
    // Of the lineage, since then.
    std::uint64_t new_5xx() const;
    std::uint64_t new_upstream_failures() const;

private:
    void enter(Stage stage, TimePoint now);
    void find_generations();
    bool predecessor_lives() const;
    std::uint64_t gone(std::uint64_t GenerationView::*count, std::uint64_t LineageView::*total) const;

    std::string what_;
    TimePoint began_;
    TimePoint stage_began_;
    TimePoint now_ = began_;
    Stage stage_ = Stage::ordered;
    std::vector<Step> steps_;
    Duration start_took_{};  // of the parts of `start` so far
    std::optional<Verdict> verdict_;
    std::optional<Failure> failure_;
    std::string remark_;
    std::optional<LineageView> before_;
    std::optional<LineageView> now_view_;
    std::optional<GenerationView> first_;  // the predecessor before the order
    std::optional<GenerationView> predecessor_;
    std::optional<GenerationView> successor_;
    std::array<std::uint64_t, 4> most_{};
};

}  // namespace baton::admin
