#include "server/admin/progress/follow.h"

#include "server/admin/conversation.h"
#include "server/admin/progress/interrupts.h"

#include <sysexits.h>

#include <algorithm>
#include <array>
#include <utility>

namespace baton::admin {
namespace {

constexpr Duration redraw_interval = std::chrono::milliseconds{250};
/// A look that has no answer by then is given up, and the next one made.
constexpr Duration look_patience = std::chrono::seconds{2};
/// So many in a row that meet nobody: nobody serves any more. One may meet the gap between two masters.
constexpr int most_misses = 3;
constexpr Duration for_ever = std::chrono::hours{1};

Request status_request() {
    Request request;
    request.verb = Verb::status;
    return request;
}

class Follower {
public:
    Follower(const FollowOptions& options, const Request& request, Presenter& presenter)
        : options_(options),
          request_(request),
          presenter_(presenter),
          story_(options.what, now()),
          next_look_(now()) {
        if (options.order.timeout) deadline_ = now() + *options.order.timeout;
    }

    Followed run() {
        if (options_.is_live) interrupts_.emplace();
        first_look();
        // While signals are held back nothing may wait but `wait`.
        auto begun = Conversation::begin(
            options_.order.socket, request_,
            options_.is_live ? Conversation::Patience::none : Conversation::Patience::waits);
        if (!begun) return complain(begun.error().exit_code, begun.error().complaint);
        order_ = std::move(*begun);
        while (!result_) turn();
        if (story_.stage() != Story::Stage::over) story_.leave();
        presenter_.on_end(story_);
        return *result_;
    }

private:
    static TimePoint now() { return Clock::system().now(); }

    Followed complain(int exit_code, std::string text) const { return {exit_code, std::move(text)}; }
    void end(Followed result) {
        if (!result_) result_ = std::move(result);
    }
    bool wants_looks() const { return options_.look_interval && options_.order.until != Until::taken; }

    /// How it was before the order, for all comparisons.
    void first_look() {
        if (!wants_looks()) return;
        const auto outcome = give_order({options_.order.socket, std::chrono::seconds{2}}, status_request(),
                                        [](const Verdict&) {});
        if (outcome.verdict) take_look(*outcome.verdict);
        next_look_ = now() + *options_.look_interval;
    }

    void turn() {
        std::array<pollfd, 4> descriptors{};
        const std::array watched{order_ ? order_->descriptor() : -1, look_ ? look_->descriptor() : -1,
                                 aside_ ? aside_->descriptor() : -1, presenter_.keys()};
        for (std::size_t i = 0; i < watched.size(); ++i) descriptors[i] = {watched[i], POLLIN, 0};
        wait(descriptors);
        story_.pass_time(now());
        if (descriptors[0].revents != 0) hear_of_order();
        if (descriptors[1].revents != 0) hear_of_look();
        if (descriptors[2].revents != 0) hear_aside();
        if (descriptors[3].revents != 0) obey_key();
        if (deadline_ && now() >= *deadline_) run_out_of_time();
        look_again();
        if (!result_) presenter_.on_turn(story_);
    }

    void wait(std::span<pollfd> descriptors) {
        TimePoint wake = now() + (options_.is_live ? redraw_interval : for_ever);
        if (wants_looks()) wake = std::min(wake, look_ ? look_began_ + look_patience : next_look_);
        if (deadline_) wake = std::min(wake, *deadline_);
        const Duration length = std::max(Duration{0}, wake - now());
        if (!interrupts_) {
            const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(length).count();
            ::poll(descriptors.data(), descriptors.size(), static_cast<int>(rounded));
            return;
        }
        interrupts_->wait(descriptors, length);
        if (interrupts_->take_continued()) presenter_.on_continued();
        if (const int signal = interrupts_->ending(); signal != 0) end({EX_TEMPFAIL, {}, false, signal});
    }

    void hear_of_order() {
        const bool open = order_->receive();
        while (order_) {
            const auto answer = order_->next();
            if (!answer) break;
            take_answer(*answer);
        }
        if (!order_) return;
        if (order_->is_broken()) return end(complain(EX_SOFTWARE, "the instance answered what is no answer"));
        if (!open) end(complain(EX_UNAVAILABLE, "the instance ended before it answered"));
    }

    void take_answer(const Answer& answer) {
        switch (answer.kind) {
            case Answer::Kind::accepted:
                if (options_.order.until == Until::taken) end({});
                return;
            case Answer::Kind::progress:
                story_.step(answer.verdict, now());
                presenter_.on_step(answer.verdict);
                next_look_ = std::min(next_look_, now() + (options_.is_live ? Duration{0} : for_ever));
                if (options_.order.until == Until::serving && is_switched(answer.verdict)) end({});
                return;
            case Answer::Kind::verdict: take_verdict(answer.verdict); return;
        }
    }

    void take_verdict(const Verdict& verdict) {
        order_.reset();
        exit_code_ = verdict.exit_code;
        story_.conclude(verdict, now());
        presenter_.on_verdict(verdict);
        next_look_ = now();
        const bool follows = options_.order.until == Until::ended && wants_looks();
        if (!follows || story_.stage() != Story::Stage::draining) end({exit_code_, {}});
    }

    void look_again() {
        if (!wants_looks() || result_) return;
        if (look_ && now() - look_began_ > look_patience) finish_look();
        if (look_ || now() < next_look_) return;
        auto begun =
            Conversation::begin(options_.order.socket, status_request(), Conversation::Patience::none);
        look_began_ = now();
        if (begun)
            look_ = std::move(*begun);
        else
            miss_look();
    }

    void hear_of_look() {
        const bool open = look_->receive();
        while (const auto answer = look_->next()) {
            if (answer->kind != Answer::Kind::verdict) continue;
            misses_ = 0;
            take_look(answer->verdict);
            return finish_look();
        }
        if (!open || look_->is_broken()) miss_look();
    }

    void take_look(const Verdict& status) {
        auto view = read_lineage(status.json);
        if (!view) return;
        story_.look(std::move(*view), now());
        presenter_.on_look(story_);
        if (story_.stage() == Story::Stage::over) end({exit_code_, {}});
    }

    void finish_look() {
        look_.reset();
        next_look_ = look_began_ + *options_.look_interval;
    }

    /// Before the verdict the order's own connection tells that nobody is there.
    void miss_look() {
        finish_look();
        if (++misses_ >= most_misses && !order_)
            end(complain(EX_UNAVAILABLE,
                         "nobody answers at " + options_.order.socket + " any more: the instance has ended"));
    }

    void run_out_of_time() {
        // Who looks on may have meant the verdict.
        if (!order_ && options_.is_live) return end({exit_code_, {}});
        end(complain(EX_TEMPFAIL, order_ ? "no verdict within the timeout; the order goes on"
                                         : "the old generation is not gone within the timeout; it goes on"));
    }

    void obey_key() {
        const auto key = presenter_.read_key();
        const Keys keys = keys_of(story_);
        if (!key) return;
        if (*key == 'q' && keys.leave) return end({order_ ? EX_TEMPFAIL : exit_code_, {}});
        if (*key == 'f' && keys.finish) return finish();
        if (*key != 'r' || !keys.roll_back) return;
        if (story_.stage() == Story::Stage::trial) return order_aside(Verb::rollback);
        end({exit_code_, {}, true});
    }

    void finish() {
        if (story_.stage() == Story::Stage::trial) return order_aside(Verb::upgrade);
        order_aside(Verb::finish);
    }

    /// What is ordered beside the order that is followed; that one tells what becomes of it.
    void order_aside(Verb verb) {
        if (aside_) return;
        Request request;
        request.verb = verb;
        request.upgrade.commit = verb == Verb::upgrade;
        if (story_.predecessor() != nullptr) request.generation = story_.predecessor()->number;
        auto begun = Conversation::begin(options_.order.socket, request, Conversation::Patience::none);
        if (begun)
            aside_ = std::move(*begun);
        else
            story_.remark(begun.error().complaint);
    }

    void hear_aside() {
        const bool open = aside_->receive();
        while (const auto answer = aside_->next())
            if (answer->kind == Answer::Kind::verdict && answer->verdict.exit_code != 0)
                story_.remark(answer->verdict.text);
        if (!open || aside_->is_broken()) aside_.reset();
    }

    const FollowOptions& options_;
    const Request& request_;
    Presenter& presenter_;
    Story story_;
    std::optional<Interrupts> interrupts_;
    std::optional<Conversation> order_;  // until its verdict
    std::optional<Conversation> look_;
    std::optional<Conversation> aside_;
    TimePoint next_look_;
    TimePoint look_began_{};
    int misses_ = 0;
    std::optional<TimePoint> deadline_;
    int exit_code_ = 0;
    std::optional<Followed> result_;
};

}  // namespace

Followed follow(const FollowOptions& options, const Request& request, Presenter& presenter) {
    return Follower(options, request, presenter).run();
}

}  // namespace baton::admin
