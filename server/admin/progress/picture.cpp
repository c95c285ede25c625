#include "server/admin/progress/picture.h"

#include "server/log/duration_words.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace baton::admin {
namespace {

constexpr std::size_t widest = 84;
constexpr std::size_t name_width = 14;
constexpr std::size_t bar_cells = 24;
/// Lines of a reason, after the first.
constexpr std::size_t most_reason_lines = 5;
constexpr Duration frame_time = std::chrono::milliseconds{100};

constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view faint = "\x1b[2m";
constexpr std::string_view plain = "\x1b[0m";

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
    const std::size_t own = width_of(text);
    return own < width ? text + std::string(width - own, ' ') : text;
}

std::string right(std::string text, std::size_t width) {
    const std::size_t own = width_of(text);
    return own < width ? std::string(width - own, ' ') + text : text;
}

std::string clock_time(Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%02lld:%02lld", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
    return text.data();
}

std::string percent(double share) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.2f %%", share * 100);
    return text.data();
}

double ratio(double part, double whole) {
    return whole <= 0 ? 0 : std::clamp(part / whole, 0.0, 1.0);
}

std::string generation(std::uint32_t number) {
    return "gen " + std::to_string(number);
}

class Picture {
public:
    Picture(const Story& story, const Canvas& canvas)
        : story_(story), canvas_(canvas), width_(std::min(canvas.width, widest)) {}

    std::vector<std::string> draw() {
        draw_header();
        for (const auto& step : story_.steps())
            draw_step(green, "✔", step.name, detail_of(step.name), step.took);
        if (story_.failure()) {
            draw_failure(*story_.failure());
        } else if (story_.stage() == Story::Stage::over) {
            draw_end();
        } else if (story_.stage() == Story::Stage::left) {
            add("   it goes on; `baton status` tells how far it is");
        } else {
            draw_running();
            draw_keys();
        }
        if (!story_.remark().empty()) add(yellow, "   " + story_.remark());
        return std::move(lines_);
    }

private:
    void add(std::string_view line) { lines_.push_back(cut(line, canvas_.width)); }
    void add(std::string_view colour, std::string_view line) {
        lines_.push_back(paint(colour, cut(line, canvas_.width)));
    }
    std::string paint(std::string_view colour, std::string text) const {
        if (canvas_.colours == Colours::none) return text;
        return std::string(colour).append(text).append(plain);
    }

    /// Mark, name, what is to be said, and the time at the right edge.
    void draw_step(std::string_view colour, std::string_view mark, const std::string& name,
                   const std::string& detail, Duration took) {
        const std::string time = in_seconds(took);
        const std::size_t before = 3 + name_width;
        const std::size_t room = width_ > before + 10 ? width_ - before - 10 : 0;
        const std::string rest = padded(name, name_width) + padded(cut(detail, room), room) + right(time, 10);
        // The mark alone has a colour: one character, which no cut reaches.
        lines_.push_back(" " + paint(colour, std::string(mark)) + " " +
                         cut(rest, canvas_.width > 3 ? canvas_.width - 3 : 0));
    }

    void draw_header() {
        const auto* const from = story_.predecessor();
        if (from == nullptr) return;
        const auto* const to = story_.successor();
        std::string line = "baton " + from->version + " (" + generation(from->number) + ", pid " +
                           std::to_string(from->master_pid) + ")";
        if (to != nullptr) {
            line += " → " + to->version + " (" + generation(to->number) +
                    (to->master_pid == from->master_pid ? "" : ", pid " + std::to_string(to->master_pid)) +
                    ")   config ";
            line += to->config_hash == from->config_hash ? "unchanged " + to->config_hash
                                                         : from->config_hash + " → " + to->config_hash;
        }
        add(line);
    }

    std::string detail_of(const std::string& step) const {
        const auto* const to = story_.successor();
        const auto* const from = story_.predecessor();
        if (step == "preflight") {
            const auto certificates = story_.now() != nullptr ? story_.now()->certificates : 0;
            return "config ok" + (certificates == 0
                                      ? ""
                                      : " · " + std::to_string(certificates) +
                                            (certificates == 1 ? " certificate" : " certificates"));
        }
        if (to == nullptr || from == nullptr) return {};
        if (step == "start")
            return (to->master_pid == from->master_pid ? ""
                                                       : "master " + std::to_string(to->master_pid) + ", ") +
                   "generation " + std::to_string(to->number) + ", " + std::to_string(to->ready_workers) +
                   "/" + std::to_string(to->workers) + " workers ready";
        if (step == "switch") return generation(to->number) + " accepts";
        if (step == "canary") return generation(to->number) + " does as well as " + generation(from->number);
        if (step == "probation") return generation(to->number) + " stays";
        return {};
    }

    void draw_failure(const Story::Failure& failure) {
        const std::string first = failure.lines.empty() ? "" : failure.lines.front();
        const bool refused = failure.step.empty();
        if (refused) {
            add(red, " ✘ " + first);
        } else {
            add(red,
                " ✘ " + padded(failure.step, name_width) + first + " after " + in_seconds(failure.after));
        }
        const std::size_t shown = std::min(failure.lines.size(), most_reason_lines + 1);
        for (std::size_t i = 1; i < shown; ++i) add("     " + failure.lines[i]);
        if (failure.lines.size() > shown)
            add(faint, "     and " + std::to_string(failure.lines.size() - shown) + " more lines in the log");
        if (!failure.outcome.empty()) add("   " + failure.outcome);
    }

    /// The replaced generation is gone.
    void draw_end() {
        const auto* const from = story_.predecessor();
        if (story_.predecessor_is_gone()) {
            draw_step(green, "✔", "drain " + generation(from->number), what_became(), story_.elapsed());
            return;
        }
        if (story_.verdict() && !story_.verdict()->text.empty()) add(" ✔ " + story_.verdict()->text);
    }

    std::string what_became() const {
        std::string text = "moved " + grouped(story_.moved()) + " · drained " + grouped(story_.drained()) +
                           " · closed " + grouped(story_.closed());
        if (story_.refused() > 0) text += " · not taken " + grouped(story_.refused());
        return text;
    }

    void draw_running() {
        const std::string running = story_.running();
        if (story_.stage() == Story::Stage::draining) return draw_drain();
        if (const auto* const trial = story_.trial()) return draw_trial(*trial);
        if (!running.empty()) draw_step(yellow, spinner(), running, "", story_.elapsed());
    }

    std::string_view spinner() const {
        constexpr std::array<std::string_view, 10> frames{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
        return frames[static_cast<std::size_t>(story_.elapsed() / frame_time) % frames.size()];
    }

    void draw_trial(const TrialView& trial) {
        const auto& own = trial.predecessor;
        const auto& other = trial.successor;
        std::string what = generation(other.generation) + " and " + generation(own.generation) + " accept";
        if (trial.phase == "canary") {
            std::array<char, 64> share;
            std::snprintf(share.data(), share.size(), "%g %% of new connections", trial.share_percent);
            what = generation(other.generation) + " takes " + share.data();
        } else if (trial.phase == "probation") {
            what = generation(other.generation) + " has everything, " + generation(own.generation) +
                   " stands by";
        }
        what += trial.left ? ", " + in_words(*trial.left) + " left" : ", until you decide";
        draw_step(yellow, spinner(), trial.phase, what, story_.elapsed());
        draw_figures(own);
        draw_figures(other);
        draw_troubles("");
    }

    void draw_figures(const TrialView::Figures& figures) {
        const std::string line = "     " + padded(generation(figures.generation), name_width - 2) +
                                 right(grouped(figures.requests), 10) + " requests";
        if (figures.requests == 0) return add(line);
        const double errors = static_cast<double>(figures.errors) / static_cast<double>(figures.requests);
        std::array<char, 32> p99;
        std::snprintf(p99.data(), p99.size(), "%.1f ms", figures.p99_ms);
        add(line + "   5xx " + right(percent(errors), 8) + "   p99 " + p99.data());
    }

    void draw_drain() {
        const auto* const from = story_.predecessor();
        if (from == nullptr) return;
        const double done =
            ratio(static_cast<double>(story_.had() - story_.open()), static_cast<double>(story_.had()));
        std::array<char, 16> share;
        std::snprintf(share.data(), share.size(), "%3.0f%%", done * 100);
        const std::string counts = grouped(story_.had()) + " → " + grouped(story_.open()) + " open";
        const std::string rest = padded("drain " + generation(from->number), name_width) +
                                 bar(done, bar_cells, "░") + "  " + counts + "   " + share.data() + "   " +
                                 clock_time(story_.elapsed());
        lines_.push_back(" " + paint(yellow, std::string(spinner())) + " " +
                         cut(rest, canvas_.width > 3 ? canvas_.width - 3 : 0));
        for (const auto& kind : story_.kinds()) {
            const double gone = ratio(static_cast<double>(kind.most - std::min(kind.open, kind.most)),
                                      static_cast<double>(kind.most));
            add("     " + padded(kind.name, name_width - 2) + bar(gone, bar_cells, " ") + "  " +
                grouped(kind.open));
        }
        add("     " + what_became());
        draw_troubles(deadline_of(*from));
    }

    static std::string deadline_of(const GenerationView& from) {
        if (!from.closes_in) return {};
        return " · deadline in " + in_words(*from.closes_in) + " (then closed over " +
               in_words(from.close_spread) + ")";
    }

    void draw_troubles(const std::string& deadline) {
        add("     5xx +" + grouped(story_.new_5xx()) + " · upstream failures +" +
            grouped(story_.new_upstream_failures()) + deadline);
    }

    void draw_keys() {
        const Keys keys = keys_of(story_);
        const char* const finish = story_.stage() == Story::Stage::trial ? "keep it now" : "finish now";
        std::string line;
        if (keys.leave) line += " [q] leave it running";
        if (keys.finish) line += std::string("   [f] ") + finish;
        if (keys.roll_back) line += "   [r] roll back";
        if (!line.empty()) add(faint, line);
    }

    const Story& story_;
    const Canvas& canvas_;
    std::size_t width_;
    std::vector<std::string> lines_;
};

}  // namespace

Keys keys_of(const Story& story) {
    switch (story.stage()) {
        case Story::Stage::ordered: return {true, false, false};
        case Story::Stage::trial: return {true, true, true};
        case Story::Stage::draining: return {true, true, story.what() != "reload"};
        case Story::Stage::over:
        case Story::Stage::left: break;
    }
    return {};
}

std::vector<std::string> draw(const Story& story, const Canvas& canvas) {
    return Picture(story, canvas).draw();
}

std::string cut(std::string_view text, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end) {
        const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
        if (begins && characters++ == width) break;
    }
    return std::string(text.substr(0, end));
}

std::string bar(double fraction, std::size_t cells, std::string_view rest) {
    constexpr std::array<std::string_view, 8> parts{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto eighths =
        static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(cells) * 8);
    std::string text;
    for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
    text += parts[eighths % 8];
    for (std::size_t i = (eighths + 7) / 8; i < cells; ++i) text += rest;
    return text;
}

std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
    return text;
}

}  // namespace baton::admin
