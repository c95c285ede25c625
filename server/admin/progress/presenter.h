/// Who shows a replacement to the one that ordered it: on a terminal, in lines, or as events.
#pragma once

#include "server/admin/progress/picture.h"
#include "server/admin/progress/story.h"
#include "server/admin/progress/terminal.h"

#include <optional>
#include <string>

namespace baton::admin {

class Presenter {
public:
    virtual ~Presenter() = default;
    /// A step has been done.
    virtual void on_step(const Verdict&) {}
    /// A look has come back.
    virtual void on_look(const Story&) {}
    /// Something may have changed, if only the time.
    virtual void on_turn(const Story&) {}
    virtual void on_verdict(const Verdict&) {}
    /// Nothing more will be shown: it is over, or is left to itself.
    virtual void on_end(const Story&) {}
    /// To wait for keys at; -1 = there are none.
    virtual int keys() const { return -1; }
    virtual std::optional<char> read_key() { return std::nullopt; }
    /// The process was stopped, and goes on.
    virtual void on_continued() {}
};

/// The picture, drawn over the one before.
class TerminalPresenter final : public Presenter {
public:
    explicit TerminalPresenter(Colours colours) : colours_(colours) {}
    void on_turn(const Story& story) override;
    void on_end(const Story& story) override;
    int keys() const override { return terminal_.keys(); }
    std::optional<char> read_key() override { return terminal_.read_key(); }
    void on_continued() override { terminal_.resume(); }

private:
    Terminal terminal_;
    Colours colours_;
};

/// A line a step, and the verdict: on standard output, or on standard error when it is bad.
class LinePresenter final : public Presenter {
public:
    explicit LinePresenter(bool quiet) : quiet_(quiet) {}
    void on_step(const Verdict& step) override;
    void on_verdict(const Verdict& verdict) override;
    void on_end(const Story& story) override;

private:
    bool quiet_;
};

/// A JSON object a line: the master's events, and one for each look at a trial or a drain.
class EventPresenter final : public Presenter {
public:
    void on_step(const Verdict& step) override;
    void on_look(const Story& story) override;
    void on_verdict(const Verdict& verdict) override;
    void on_end(const Story& story) override;
};

/// `trial.progress` or `drain.progress`; empty when there is neither.
std::string progress_event(const Story& story);
/// `generation.exited`; empty when it has not.
std::string end_event(const Story& story);

/// Writes `text` and, where it has none, the end of its line; nothing of an empty one.
void print(std::FILE* to, std::string_view text);

}  // namespace baton::admin
