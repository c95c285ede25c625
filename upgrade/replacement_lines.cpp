#include "upgrade/replacement_lines.h"

#include "server/log/duration_words.h"
#include "server/log/timestamp.h"

#include <array>
#include <cstdio>

namespace baton::upgrade {
namespace {

using shared::GenerationState;
using shared::ReplacementOrder;
using shared::ReplacementRecord;
using shared::ReplacementResult;
using shared::TrialRecord;

constexpr std::array orders{ReplacementOrder::reload, ReplacementOrder::upgrade, ReplacementOrder::rollback};
constexpr std::array results{ReplacementResult::ok, ReplacementResult::failed,
                             ReplacementResult::rolled_back};

std::string iso_time(std::int64_t nanoseconds) {
    std::array<char, TimestampWriter::longest> text;
    TimestampWriter writer(TimestampWriter::Precision::milliseconds);
    return {text.data(), writer.write(text.data(), WallTime{Duration{nanoseconds}})};
}

/// The last one that replaced the program, forward or back.
std::optional<ReplacementRecord> last_upgrade(shared::LineageMemory& memory) {
    const auto upgrade = memory.replacements().last(ReplacementOrder::upgrade);
    const auto rollback = memory.replacements().last(ReplacementOrder::rollback);
    if (!upgrade || !rollback) return upgrade ? upgrade : rollback;
    return upgrade->ended_at > rollback->ended_at ? upgrade : rollback;
}

Duration took(const ReplacementRecord& record) {
    return Duration{record.preflight + record.start + record.switching + record.trial};
}

std::string generation_in_words(std::uint32_t number, const char* version) {
    return number == 0 ? "none"
                       : std::to_string(number) + (*version == '\0' ? "" : " (" + std::string(version) + ")");
}

std::string result_in_words(const ReplacementRecord& record) {
    if (record.result == ReplacementResult::ok) return "ok in " + in_seconds(took(record));
    const std::string_view reason(record.reason);
    return std::string(record.result == ReplacementResult::rolled_back ? "rolled back" : "failed") + " (" +
           record.phase + ") after " + in_seconds(took(record)) + ": " +
           std::string(reason.substr(0, reason.find('\n')));
}

void append_record(std::string& text, const ReplacementRecord& record) {
    text.append("last ").append(to_string(record.order)).append("   ").append(iso_time(record.ended_at));
    text += "   generation " + generation_in_words(record.from, record.from_version) + " → " +
            generation_in_words(record.to, record.to_version) + "   " + result_in_words(record) + "\n";
}

double error_share(const TrialRecord::Figures& figures) {
    return figures.requests == 0
               ? 0
               : static_cast<double>(figures.errors) / static_cast<double>(figures.requests);
}

void append_figures(std::string& text, std::uint32_t generation, const TrialRecord::Figures& figures) {
    std::array<char, 160> line;
    std::snprintf(line.data(), line.size(),
                  "        generation %u   requests %llu   5xx %.2f %%   p99 %.1f ms\n", generation,
                  static_cast<unsigned long long>(figures.requests), error_share(figures) * 100,
                  static_cast<double>(figures.p99) / 1e6);
    text += line.data();
}

Duration left(const TrialRecord& trial, TimePoint now) {
    return std::max(Duration{0}, TimePoint{Duration{trial.ends_at}} - now);
}

void append_trial(std::string& text, const TrialRecord& trial, TimePoint now) {
    text.append("trial   ").append(to_string(trial.phase));
    if (trial.phase == TrialRecord::Phase::canary)
        text += ", " + std::to_string(trial.share / 10) + " % of new connections";
    text += trial.ends_at == 0 ? ", until it is decided" : ", " + in_words(left(trial, now)) + " left";
    text += "\n";
    append_figures(text, trial.from, trial.predecessors);
    append_figures(text, trial.to, trial.successors);
}

void write_record(JsonWriter& json, const ReplacementRecord& record) {
    json.begin_object();
    json.key("order").value(to_string(record.order));
    json.key("result").value(to_string(record.result));
    json.key("ended_at").value(iso_time(record.ended_at));
    json.key("from").value(record.from);
    json.key("from_version").value(record.from_version);
    json.key("to").value(record.to);
    json.key("to_version").value(record.to_version);
    if (record.result != ReplacementResult::ok) {
        json.key("phase").value(record.phase);
        json.key("reason").value(record.reason);
    }
    json.key("took_ms").begin_object();
    json.key("preflight").milliseconds(record.preflight);
    json.key("start").milliseconds(record.start);
    json.key("switch").milliseconds(record.switching);
    json.key("trial").milliseconds(record.trial);
    json.end_object();
    json.end_object();
}

void write_figures(JsonWriter& json, std::uint32_t generation, const TrialRecord::Figures& figures) {
    json.begin_object();
    json.key("generation").value(generation);
    json.key("requests").value(figures.requests);
    json.key("responses_5xx").value(figures.errors);
    json.key("p99_ms").milliseconds(figures.p99);
    json.end_object();
}

void write_trial(JsonWriter& json, const TrialRecord& trial, TimePoint now) {
    json.begin_object();
    json.key("phase").value(to_string(trial.phase));
    if (trial.phase == TrialRecord::Phase::canary)
        json.key("share_percent")
            .raw(std::to_string(trial.share / 10) + "." + std::to_string(trial.share % 10));
    if (trial.ends_at != 0) json.key("ends_in_ms").milliseconds(left(trial, now).count());
    json.key("predecessor");
    write_figures(json, trial.from, trial.predecessors);
    json.key("successor");
    write_figures(json, trial.to, trial.successors);
    json.end_object();
}

}  // namespace

std::optional<shared::TrialRecord> living_trial(shared::LineageMemory& memory) {
    const auto trial = memory.replacements().trial();
    if (!trial) return std::nullopt;
    const auto* const judge = memory.generation(trial->from);
    return judge != nullptr && judge->master_pid.load() == trial->judge_pid ? trial : std::nullopt;
}

std::string_view to_string(TrialRecord::Phase phase) {
    switch (phase) {
        case TrialRecord::Phase::none: return "idle";
        case TrialRecord::Phase::canary: return "canary";
        case TrialRecord::Phase::side_by_side: return "side_by_side";
        case TrialRecord::Phase::probation: return "probation";
    }
    return "unknown";
}

void write_replacements(JsonWriter& json, shared::LineageMemory& memory, TimePoint now) {
    const auto& ledger = memory.replacements();
    json.key("replacements").begin_object();
    for (const auto order : orders) {
        json.key(to_string(order)).begin_object();
        for (const auto result : results) json.key(to_string(result)).value(ledger.count(order, result));
        json.end_object();
    }
    json.key("connections_drained").value(ledger.drained());
    json.key("last_drain_ms").milliseconds(ledger.last_drain().count());
    if (const auto at = ledger.last_good_reload(); at != 0)
        json.key("last_good_reload_at").value(iso_time(at));
    json.end_object();
    if (const auto record = last_upgrade(memory)) {
        json.key("last_upgrade");
        write_record(json, *record);
    }
    if (const auto record = ledger.last(ReplacementOrder::reload)) {
        json.key("last_reload");
        write_record(json, *record);
    }
    if (const auto trial = living_trial(memory)) {
        json.key("trial");
        write_trial(json, *trial, now);
    }
}

void append_replacements(std::string& text, shared::LineageMemory& memory, TimePoint now) {
    if (const auto record = last_upgrade(memory)) append_record(text, *record);
    const auto reload = memory.replacements().last(ReplacementOrder::reload);
    if (reload && reload->result != ReplacementResult::ok) append_record(text, *reload);
    if (const auto trial = living_trial(memory)) append_trial(text, *trial, now);
}

}  // namespace baton::upgrade
