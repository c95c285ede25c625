#include "upgrade/verdict.h"

#include "server/log/duration_words.h"
#include "server/log/json_writer.h"

#include <memory>

namespace baton::upgrade {
namespace {

/// Holds the longest reason (the output of a preflight) with every byte escaped.
constexpr std::size_t longest_json = 512 * 1024;

class Json {
public:
    JsonWriter& operator*() { return writer_; }
    JsonWriter* operator->() { return &writer_; }
    std::string text() const { return std::string(writer_.text()); }

private:
    std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(longest_json);
    JsonWriter writer_{buffer_.get(), longest_json};
};

void write_steps(JsonWriter& json, const Outcome& outcome) {
    json.key("phases").begin_object();
    for (const auto& step : outcome.steps) json.key(to_string(step.phase)).milliseconds(step.took.count());
    json.end_object();
}

std::string_view name_of(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::switched: return "ok";
        case Outcome::Kind::checked: return "checked";
        case Outcome::Kind::rolled_back: return "rolled_back";
    }
    return "unknown";
}

std::string text_of(const Replacement& replacement, const Outcome& outcome) {
    const std::string from = "generation " + std::to_string(replacement.from_generation);
    switch (outcome.kind) {
        case Outcome::Kind::switched: return outcome.successor + " serves, " + from + " drains";
        case Outcome::Kind::checked: return "preflight passed, nothing was changed";
        case Outcome::Kind::rolled_back: break;
    }
    std::string reason = outcome.reason;
    while (reason.ends_with('\n')) reason.pop_back();
    return replacement.what + " failed (" + std::string(to_string(outcome.failed_in)) + "): " + reason +
           "\n" + from + (is_trial(outcome.failed_in) ? " serves again" : " keeps running, nothing changed");
}

}  // namespace

admin::Verdict describe(const Replacement& replacement, const Outcome& outcome) {
    Json json;
    json->begin_object();
    json->key("event").value(replacement.what +
                             (outcome.kind == Outcome::Kind::rolled_back ? ".failed" : ".done"));
    json->key("result").value(name_of(outcome.kind));
    json->key("generation").value(replacement.from_generation);
    json->key("successor").value(outcome.successor);
    json->key("successor_generation").value(outcome.generation);
    if (outcome.kind == Outcome::Kind::rolled_back) {
        json->key("phase").value(to_string(outcome.failed_in));
        json->key("reason").value(outcome.reason);
        json->key("failed_after_ms").milliseconds(outcome.failed_after.count());
    }
    write_steps(*json, outcome);
    json->end_object();
    return {outcome.exit_code, text_of(replacement, outcome), json.text()};
}

admin::Verdict describe(const Replacement& replacement, const Outcome::Step& step) {
    Json json;
    json->begin_object();
    json->key("event").value(replacement.what + ".phase");
    json->key("phase").value(to_string(step.phase));
    json->key("took_ms").milliseconds(step.took.count());
    json->end_object();
    std::string text(to_string(step.phase));
    text.resize(std::max<std::size_t>(text.size() + 1, 16), ' ');
    return {0, text + "done " + in_seconds(step.took), json.text()};
}

admin::Verdict refusal(const std::string& what, int exit_code, const std::string& reason) {
    Json json;
    json->begin_object();
    json->key("event").value(what + ".refused").key("reason").value(reason);
    json->end_object();
    return {exit_code, what + " refused: " + reason, json.text()};
}

}  // namespace baton::upgrade
