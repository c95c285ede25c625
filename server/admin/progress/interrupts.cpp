#include "server/admin/progress/interrupts.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace baton::admin {
namespace {

constexpr std::array numbers{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};

volatile sig_atomic_t ending_signal = 0;
volatile sig_atomic_t continued = 0;

void on_signal(int number) {
    if (number == SIGCONT) continued = 1;
    if (number == SIGINT || number == SIGTERM || number == SIGHUP) ending_signal = number;
}

}  // namespace

Interrupts::Interrupts() {
    ending_signal = 0;
    continued = 0;
    sigset_t held;
    sigemptyset(&held);
    for (const int number : numbers) sigaddset(&held, number);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
    struct sigaction action {};
    action.sa_handler = on_signal;
    for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &action, &actions_[i]);
}

Interrupts::~Interrupts() {
    for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &actions_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupts::wait(std::span<pollfd> descriptors, std::chrono::nanoseconds at_most) {
    const auto length = std::max(at_most, std::chrono::nanoseconds{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
    const timespec time{seconds.count(), (length - seconds).count()};
    if (::ppoll(descriptors.data(), descriptors.size(), &time, &before_) < 0)
        for (auto& descriptor : descriptors) descriptor.revents = 0;
}

int Interrupts::ending() const {
    return ending_signal;
}

bool Interrupts::take_continued() {
    const bool was = continued != 0;
    continued = 0;
    return was;
}

}  // namespace baton::admin
