#include "upgrade/checker.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace baton::upgrade {
namespace {

/// A child that never stops talking must not keep the master from its turn; a pipe holds 16 of these.
constexpr int most_reads_a_turn = 32;

[[noreturn]] void run_check(int output, const std::function<int()>& check) {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    // The descriptors of the master stay open for what `check` executes; all of them close on exec.
    ::_exit(check());
}

}  // namespace

Checker::~Checker() {
    if (pid_ == 0) return;
    reaper_.forget(pid_);
    ::kill(pid_, SIGKILL);
}

Result<void> Checker::start(const std::function<int()>& check) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure();
    output_ = Fd{ends[0]};
    const Fd write_end{ends[1]};
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);  // ours alone: the other end is another open file
    const pid_t child = ::fork();
    if (child == 0) run_check(write_end.get(), check);
    if (child < 0) return system_failure();
    pid_ = child;
    reaper_.watch(child, *this);
    return watch_.start(loop_, output_.get(), *this, Trigger::level);
}

void Checker::on_ready() noexcept {
    read_output();
}

void Checker::read_output() {
    char buffer[4096];
    for (int reads = 0; reads < most_reads_a_turn; ++reads) {
        const ssize_t length = ::read(output_.get(), buffer, sizeof buffer);
        if (length <= 0) {
            if (length == 0 || errno != EAGAIN) watch_.stop();
            return;
        }
        // What is too much is read all the same: the child must not wait for room.
        text_.append(buffer, std::min(static_cast<std::size_t>(length), longest_output - text_.size()));
    }
}

void Checker::on_exit(pid_t, int status) noexcept {
    pid_ = 0;
    // A grandchild may still hold the pipe, so its end is not waited for.
    read_output();
    watch_.stop();
    handler_.on_checked(status, text_);
}

}  // namespace baton::upgrade
