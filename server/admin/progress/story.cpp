#include "server/admin/progress/story.h"

#include "server/log/json_value.h"

#include <algorithm>
#include <string_view>

namespace baton::admin {
namespace {

/// The machine has three phases for what is one step to a person.
std::string step_of(std::string_view phase) {
    if (phase == "spawning" || phase == "awaiting_hello" || phase == "awaiting_ready") return "start";
    if (phase == "switching") return "switch";
    return std::string(phase);
}

Duration milliseconds(const JsonValue& value) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(value.number()));
}

/// Those that are not empty. What programs have printed may hold anything; a terminal is to see no controls.
std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string line(text.substr(0, end));
        std::ranges::replace_if(
            line, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
        if (!line.empty()) lines.push_back(std::move(line));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

std::uint64_t since(std::uint64_t now, std::uint64_t then) {
    return now > then ? now - then : 0;
}

}  // namespace

void Story::enter(Stage stage, TimePoint now) {
    stage_ = stage;
    if (stage != Stage::over) stage_began_ = now;  // what was under way has taken so long
}

void Story::leave() {
    if (stage_ != Stage::over) stage_ = Stage::left;
}

void Story::look(LineageView view, TimePoint now) {
    now_ = now;
    const bool is_first = !before_;
    if (is_first) {
        before_ = view;
        if (const auto* const serving = view.serving()) first_ = *serving;
    }
    now_view_ = std::move(view);
    if (!first_) {
        // There is nothing to follow.
        if (stage_ == Stage::draining) enter(Stage::over, now);
        return;
    }
    find_generations();
    if (stage_ == Stage::ordered && !verdict_ && trial() != nullptr) enter(Stage::trial, now);
    if (stage_ == Stage::draining && now_view_->find(first_->number) == nullptr) enter(Stage::over, now);
}

void Story::find_generations() {
    if (const auto* const seen = now_view_->find(first_->number)) predecessor_ = *seen;
    for (const auto& generation : now_view_->generations)
        if (generation.number > before_->generations.front().number) successor_ = generation;
    if (!predecessor_) return;
    const std::array open{predecessor_->http1, predecessor_->event_streams, predecessor_->websockets,
                          predecessor_->tunnels};
    for (std::size_t i = 0; i < open.size(); ++i) most_[i] = std::max(most_[i], open[i]);
}

void Story::step(const Verdict& event, TimePoint now) {
    now_ = now;
    const auto json = JsonValue::parse(event.json);
    if (!json) return;
    const std::string_view phase = (*json)["phase"].text();
    const std::string name = step_of(phase);
    const Duration took = milliseconds((*json)["took_ms"]);
    stage_began_ = now;
    if (name != "start") return steps_.push_back({name, took});
    start_took_ += took;
    if (phase == "awaiting_ready") steps_.push_back({name, start_took_});
}

void Story::conclude(const Verdict& verdict, TimePoint now) {
    now_ = now;
    verdict_ = verdict;
    const auto json = JsonValue::parse(verdict.json).value_or(JsonValue{});
    // A preflight alone, or the end of a trial, leaves nothing to follow.
    const bool switched = json["result"].text() == "ok";
    if (verdict.exit_code == 0) return enter(switched ? Stage::draining : Stage::over, now);
    Failure failure;
    failure.lines = lines_of(json.has("phase") ? json["reason"].text() : verdict.text);
    if (json.has("phase")) {
        failure.step = step_of(json["phase"].text());
        failure.after = milliseconds(json["failed_after_ms"]);
        if (failure.step == "start") failure.after += start_took_;
        // The last line of the words says who serves.
        const auto words = lines_of(verdict.text);
        if (words.size() > 1) failure.outcome = words.back();
    }
    failure_ = std::move(failure);
    enter(Stage::over, now);
}

std::string Story::running() const {
    if (verdict_) return stage_ == Stage::draining ? "drain" : "";
    if (const auto* const on_trial = trial()) return on_trial->phase;
    if (steps_.empty()) return "preflight";
    const std::string& last = steps_.back().name;
    if (last == "preflight") return "start";
    if (last == "start") return "switch";
    return "";
}

const TrialView* Story::trial() const {
    return !verdict_ && now_view_ && now_view_->trial ? &*now_view_->trial : nullptr;
}

bool Story::predecessor_lives() const {
    return predecessor_ && now_view_->find(predecessor_->number) != nullptr;
}

bool Story::predecessor_is_gone() const {
    return stage_ == Stage::over && predecessor_ && !failure_ && !predecessor_lives() &&
           std::ranges::any_of(steps_, [](const Step& step) { return step.name == "switch"; });
}

/// What nobody sees of a generation any more has been added to the lineage's totals.
std::uint64_t Story::gone(std::uint64_t GenerationView::*count, std::uint64_t LineageView::*total) const {
    if (!predecessor_) return 0;
    return predecessor_lives() ? since((*predecessor_).*count, (*first_).*count)
                               : since((*now_view_).*total, (*before_).*total);
}

std::uint64_t Story::moved() const {
    return gone(&GenerationView::moved, &LineageView::moved);
}

std::uint64_t Story::closed() const {
    return gone(&GenerationView::closed, &LineageView::closed);
}

std::uint64_t Story::drained() const {
    return gone(&GenerationView::drained, &LineageView::drained);
}

std::uint64_t Story::refused() const {
    return gone(&GenerationView::refused, &LineageView::refused);
}

std::uint64_t Story::open() const {
    return predecessor_lives() ? predecessor_->open() : 0;
}

std::uint64_t Story::had() const {
    return open() + moved() + closed() + drained();
}

std::vector<Story::Kind> Story::kinds() const {
    if (!predecessor_) return {};
    const std::array all{
        Kind{"http/1", predecessor_->http1, most_[0]}, Kind{"ws", predecessor_->websockets, most_[2]},
        Kind{"sse", predecessor_->event_streams, most_[1]}, Kind{"tunnel", predecessor_->tunnels, most_[3]}};
    std::vector<Kind> seen;
    std::ranges::copy_if(all, std::back_inserter(seen), [](const Kind& kind) { return kind.most > 0; });
    return seen;
}

std::uint64_t Story::new_5xx() const {
    return before_ ? since(now_view_->responses_5xx, before_->responses_5xx) : 0;
}

std::uint64_t Story::new_upstream_failures() const {
    return before_ ? since(now_view_->upstream_failures, before_->upstream_failures) : 0;
}

}  // namespace baton::admin
