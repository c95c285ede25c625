#include "server/admin/progress/presenter.h"

#include "server/log/json_writer.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace baton::admin {
namespace {

/// Numbers and names of ours only.
constexpr std::size_t longest_event = 2048;

void write_figures(JsonWriter& json, const char* key, const TrialView::Figures& figures) {
    json.key(key).begin_object();
    json.key("generation").value(figures.generation);
    json.key("requests").value(figures.requests);
    json.key("responses_5xx").value(figures.errors);
    json.key("p99_ms").milliseconds(std::llround(figures.p99_ms * 1e6));
    json.end_object();
}

void write_trial(JsonWriter& json, const TrialView& trial) {
    json.key("event").value("trial.progress");
    json.key("phase").value(trial.phase);
    if (trial.phase == "canary")
        json.key("share_thousandths").value(static_cast<std::uint64_t>(trial.share_percent * 10 + 0.5));
    if (trial.left) json.key("left_ms").milliseconds(trial.left->count());
    write_figures(json, "predecessor", trial.predecessor);
    write_figures(json, "successor", trial.successor);
}

void write_what_became(JsonWriter& json, const Story& story) {
    json.key("moved").value(story.moved());
    json.key("drained").value(story.drained());
    json.key("closed").value(story.closed());
    json.key("refused").value(story.refused());
}

void write_troubles(JsonWriter& json, const Story& story) {
    json.key("responses_5xx").value(story.new_5xx());
    json.key("upstream_failures").value(story.new_upstream_failures());
}

void write_drain(JsonWriter& json, const Story& story) {
    const GenerationView& from = *story.predecessor();
    json.key("event").value("drain.progress");
    json.key("generation").value(from.number);
    json.key("open").begin_object();
    json.key("http1").value(from.http1);
    json.key("ws").value(from.websockets);
    json.key("sse").value(from.event_streams);
    json.key("tunnel").value(from.tunnels);
    json.end_object();
    write_what_became(json, story);
    if (from.closes_in) json.key("closes_in_ms").milliseconds(from.closes_in->count());
}

}  // namespace

void print(std::FILE* to, std::string_view text) {
    if (text.empty()) return;
    std::fwrite(text.data(), 1, text.size(), to);
    if (text.back() != '\n') std::fputc('\n', to);
    std::fflush(to);
}

std::string progress_event(const Story& story) {
    std::array<char, longest_event> buffer;
    JsonWriter json(buffer.data(), buffer.size());
    json.begin_object();
    if (const auto* const trial = story.trial(); trial != nullptr && story.stage() == Story::Stage::trial) {
        write_trial(json, *trial);
    } else if (story.stage() == Story::Stage::draining && story.predecessor() != nullptr) {
        write_drain(json, story);
    } else {
        return {};
    }
    write_troubles(json, story);
    json.end_object();
    return std::string(json.text());
}

std::string end_event(const Story& story) {
    if (!story.predecessor_is_gone()) return {};
    std::array<char, longest_event> buffer;
    JsonWriter json(buffer.data(), buffer.size());
    json.begin_object();
    json.key("event").value("generation.exited");
    json.key("generation").value(story.predecessor()->number);
    write_what_became(json, story);
    write_troubles(json, story);
    json.end_object();
    return std::string(json.text());
}

void TerminalPresenter::on_turn(const Story& story) {
    terminal_.draw(draw(story, {terminal_.width(), colours_}));
}

void TerminalPresenter::on_end(const Story& story) {
    terminal_.leave(draw(story, {terminal_.width(), colours_}));
}

void LinePresenter::on_step(const Verdict& step) {
    if (!quiet_) print(stdout, step.text);
}

void LinePresenter::on_verdict(const Verdict& verdict) {
    if (verdict.exit_code != 0) {
        std::fflush(stdout);
        print(stderr, verdict.text);
    } else if (!quiet_) {
        print(stdout, verdict.text);
    }
}

void LinePresenter::on_end(const Story& story) {
    if (quiet_ || !story.predecessor_is_gone()) return;
    print(stdout, "generation " + std::to_string(story.predecessor()->number) + " is gone: moved " +
                      std::to_string(story.moved()) + ", drained " + std::to_string(story.drained()) +
                      ", closed " + std::to_string(story.closed()));
}

void EventPresenter::on_step(const Verdict& step) {
    print(stdout, step.json);
}

void EventPresenter::on_look(const Story& story) {
    print(stdout, progress_event(story));
}

void EventPresenter::on_verdict(const Verdict& verdict) {
    print(stdout, verdict.json);
}

void EventPresenter::on_end(const Story& story) {
    print(stdout, end_event(story));
}

}  // namespace baton::admin
