#include "server/admin/control_client.h"

#include "server/event/fd.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace baton::admin {
namespace {

using SteadyClock = std::chrono::steady_clock;

OrderOutcome complaint(int exit_code, std::string text) {
    return {exit_code, std::nullopt, std::move(text)};
}

OrderOutcome cannot_connect(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
        case ENOTDIR:
            return complaint(EX_UNAVAILABLE,
                             "no instance of baton is running (nobody listens at " + path + ")");
        case EACCES:
        case EPERM:
            return complaint(EX_NOPERM, "not allowed to use " + path + ": it belongs to another user");
        default: return complaint(EX_UNAVAILABLE, "cannot connect to " + path + ": " + std::strerror(error));
    }
}

/// One order on its way.
class Conversation {
public:
    Conversation(const OrderOptions& options, const std::function<void(const Verdict&)>& on_progress)
        : options_(options), on_progress_(on_progress) {
        if (options.timeout) deadline_ = SteadyClock::now() + *options.timeout;
    }

    OrderOutcome run(const Request& request) {
        if (const int error = connect(); error != 0) return cannot_connect(options_.socket, error);
        const std::string line = format_request(request);
        if (!send_all(line)) return cannot_connect(options_.socket, errno);
        for (;;) {
            while (std::optional<Answer> answer = reader_.next()) {
                if (std::optional<OrderOutcome> outcome = take(*answer)) return *outcome;
            }
            if (reader_.is_broken()) return complaint(EX_SOFTWARE, "the instance answered what is no answer");
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

    int connect() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (options_.socket.size() >= sizeof address.sun_path) return ENAMETOOLONG;
        std::memcpy(address.sun_path, options_.socket.c_str(), options_.socket.size() + 1);
        socket_ = Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (!socket_) return errno;
        const auto* const to = reinterpret_cast<const sockaddr*>(&address);
        return ::connect(socket_.get(), to, sizeof address) == 0 ? 0 : errno;
    }

    bool send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size < 0 && errno == EINTR) continue;
            // The instance may have refused already; then its reason is there to read.
            if (size < 0) return errno == EPIPE;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }

    std::optional<OrderOutcome> take(const Answer& answer) {
        switch (answer.kind) {
            case Answer::Kind::accepted:
                accepted_ = true;
                if (options_.detach) return OrderOutcome{};
                return std::nullopt;
            case Answer::Kind::progress: on_progress_(answer.verdict); return std::nullopt;
            case Answer::Kind::verdict: break;
        }
        if (options_.wait_for_end && answer.verdict.exit_code == 0) {
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
            pollfd ready{socket_.get(), POLLIN, 0};
            int wait = -1;
            if (deadline_) {
                const auto left =
                    std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - SteadyClock::now()).count();
                wait = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
            }
            const int count = ::poll(&ready, 1, wait);
            if (count == 0 && wait < INT_MAX) return Reading::timed_out;
            if (count <= 0) continue;
            std::array<char, 16 * 1024> bytes;
            const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return Reading::ended;
            reader_.feed({bytes.data(), static_cast<std::size_t>(size)});
            return Reading::more;
        }
    }

    const OrderOptions& options_;
    const std::function<void(const Verdict&)>& on_progress_;
    std::optional<SteadyClock::time_point> deadline_;
    Fd socket_;
    AnswerReader reader_;
    bool accepted_ = false;
};

}  // namespace

OrderOutcome give_order(const OrderOptions& options, const Request& request,
                        const std::function<void(const Verdict& step)>& on_progress) {
    return Conversation(options, on_progress).run(request);
}

}  // namespace baton::admin
