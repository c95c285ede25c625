#include "proxy/exchange/access_log.h"

#include <algorithm>
#include <cmath>

namespace baton {

std::size_t access_line_bound(const AccessRecord& record) {
    // A byte grows to six at most; keys, numbers and the time take less than the constant.
    constexpr std::size_t fixed = 2048, growth = 6;
    const std::size_t texts =
        record.id.size() + record.trace_id.size() + record.client_ip.size() + record.peer_ip.size() +
        record.listener.size() + record.method.size() + record.host.size() + record.path.size() +
        record.query.size() + record.user_agent.size() + record.referer.size() + record.matched_host.size() +
        record.route.size() + record.upstream.size() + record.endpoint.size() + record.detail.size() +
        record.server_name.size() + record.client_certificate.size();
    return fixed + growth * texts;
}

Result<AccessLog> AccessLog::open(const config::AccessLog& settings, std::uint32_t generation,
                                  std::uint32_t worker) {
    Line line = CombinedAccessLine{};
    switch (settings.format) {
        case config::AccessFormat::json: line = JsonAccessLine(settings.fields, generation, worker); break;
        case config::AccessFormat::combined: break;
        case config::AccessFormat::templated: line = TemplateAccessLine(settings.line); break;
    }
    AccessLog log(settings, std::move(line));
    if (!settings.enabled) return log;
    Result<LineSink> sink = LineSink::open(settings.output, settings.buffer);
    if (!sink) return tl::unexpected(sink.error());
    log.sink_.emplace(std::move(*sink));
    return log;
}

void AccessLog::write(const AccessRecord& record) {
    if (!sink_ || !is_wanted(record)) return;
    // Other shapes and escapes may need the most; the JSON line cuts what does not fit.
    constexpr std::size_t room = LineSink::longest_line;
    char* const begin = sink_->prepare(room);
    char* const end = std::visit([&](auto& line) { return line.write(begin, room, record); }, line_);
    sink_->commit(static_cast<std::size_t>(end - begin));
}

bool AccessLog::is_wanted(const AccessRecord& record) {
    switch (record.event) {
        case AccessEvent::request: break;
        case AccessEvent::ws_close:
        case AccessEvent::sse_close: return true;
        case AccessEvent::ws_open:
        case AccessEvent::sse_open:
            // The plain-text shapes have no word for the event: there a line is the whole exchange.
            return settings_.long_lived != config::LongLived::end &&
                   settings_.format == config::AccessFormat::json;
        case AccessEvent::stream_progress:
            return settings_.long_lived == config::LongLived::periodic &&
                   settings_.format == config::AccessFormat::json;
    }
    if (record.status >= 400 || record.end != End::ok) return true;
    if (settings_.slow != config::no_deadline && record.total >= settings_.slow) return true;
    const auto begins_path = [&](const std::string& prefix) { return record.path.starts_with(prefix); };
    if (std::any_of(settings_.exclude.begin(), settings_.exclude.end(), begins_path)) return false;
    return is_sampled();
}

/// Evenly: a tenth is every tenth, not a throw of dice.
bool AccessLog::is_sampled() {
    if (settings_.sample >= 1.0) return true;
    const auto before = static_cast<double>(sampled_from_++);
    const auto after = static_cast<double>(sampled_from_);
    return std::floor(after * settings_.sample) > std::floor(before * settings_.sample);
}

void AccessLog::flush_at(TimePoint now) {
    sink_->flush();
    flushed_ = now;
}

void AccessLog::flush() {
    if (sink_) sink_->flush();
}

void AccessLog::reopen() {
    if (sink_) sink_->reopen();
}

}  // namespace baton
