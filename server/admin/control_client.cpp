#include "server/admin/control_client.h"

#include "server/admin/conversation.h"
#include "server/log/json_value.h"

#include <poll.h>
#include <sysexits.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace baton::admin {
namespace {

using SteadyClock = std::chrono::steady_clock;

OrderOutcome complaint(int exit_code, std::string text) {
    return {exit_code, std::nullopt, std::move(text)};
}

/// Waits until an order has come as far as its caller wants.
class Waiting {
public:
    Waiting(const OrderOptions& options, const std::function<void(const Verdict&)>& on_progress)
        : options_(options), on_progress_(on_progress) {
        if (options.timeout) deadline_ = SteadyClock::now() + *options.timeout;
    }

    OrderOutcome run(const Request& request) {
        auto begun = Conversation::begin(options_.socket, request, Conversation::Patience::waits);
        if (!begun) return begun.error();
        conversation_ = std::move(*begun);
        for (;;) {
            while (std::optional<Answer> answer = conversation_.next()) {
                if (std::optional<OrderOutcome> outcome = take(*answer)) return *outcome;
            }
            if (conversation_.is_broken())
                return complaint(EX_SOFTWARE, "the instance answered what is no answer");
            switch (read_more()) {
                case Reading::more: break;
                case Reading::ended:
                    // Told to end at once, a process need not be polite first.
                    if (accepted_ && request.verb == Verb::stop) return {};
                    return complaint(EX_UNAVAILABLE, "the instance ended before it answered");
                case Reading::timed_out:
                    return complaint(EX_TEMPFAIL, "no verdict within the timeout; the order goes on");
            }
        }
    }

private:
    enum class Reading { more, ended, timed_out };

    std::optional<OrderOutcome> take(const Answer& answer) {
        switch (answer.kind) {
            case Answer::Kind::accepted:
                accepted_ = true;
                if (options_.until == Until::taken) return OrderOutcome{};
                return std::nullopt;
            case Answer::Kind::progress:
                on_progress_(answer.verdict);
                if (options_.until == Until::serving && is_switched(answer.verdict)) return OrderOutcome{};
                return std::nullopt;
            case Answer::Kind::verdict: break;
        }
        if (options_.until == Until::ended && answer.verdict.exit_code == 0) {
            Reading reading = Reading::more;
            while (reading == Reading::more) reading = read_more();
            if (reading == Reading::timed_out) {
                return complaint(EX_TEMPFAIL,
                                 "the instance has not ended within the timeout; it goes on ending");
            }
        }
        return OrderOutcome{answer.verdict.exit_code, answer.verdict, {}};
    }

    Reading read_more() {
        for (;;) {
            pollfd ready{conversation_.descriptor(), POLLIN, 0};
            int wait = -1;
            if (deadline_) {
                const auto left =
                    std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - SteadyClock::now()).count();
                wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
            }
            const int count = ::poll(&ready, 1, wait);
            if (count == 0 && wait < INT_MAX) return Reading::timed_out;
            if (count <= 0) continue;
            return conversation_.receive() ? Reading::more : Reading::ended;
        }
    }

    const OrderOptions& options_;
    const std::function<void(const Verdict&)>& on_progress_;
    std::optional<SteadyClock::time_point> deadline_;
    Conversation conversation_;
    bool accepted_ = false;
};

}  // namespace

bool is_switched(const Verdict& step) {
    const auto event = JsonValue::parse(step.json);
    return event && (*event)["phase"].text() == "switching";
}

OrderOutcome give_order(const OrderOptions& options, const Request& request,
                        const std::function<void(const Verdict& step)>& on_progress) {
    return Waiting(options, on_progress).run(request);
}

}  // namespace baton::admin
