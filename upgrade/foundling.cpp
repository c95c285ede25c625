#include "upgrade/foundling.h"

#include "server/log/log.h"
#include "upgrade/inherit.h"
#include "upgrade/lineage_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace baton::upgrade {
namespace {

/// Of listening sockets, so that their names fit one text.
constexpr std::size_t most_in_message = 12;

Fd copy_of(int descriptor) {
    return Fd{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
}

/// As many as could answer, whether they have lost their commander or not.
std::uint32_t processes_of(shared::LineageMemory& memory) {
    const auto workers = std::ranges::count_if(
        memory.slots(), [](const shared::WorkerSlot& slot) { return slot.pid.load() > 0; });
    const auto generations =
        std::ranges::count_if(memory.generations(), [](const shared::GenerationSlot& slot) {
            return slot.state.load() != shared::GenerationState::free;
        });
    return static_cast<std::uint32_t>(workers + generations);
}

}  // namespace

Foundling::Foundling(EventLoop& loop, Facts facts, FoundlingHandler& handler)
    : loop_(loop), facts_(std::move(facts)), handler_(handler) {}

Foundling::~Foundling() {
    if (!line_) return;
    line_->close();
    loop_.destroy_later(std::move(line_));
}

void Foundling::wait() {
    phase_ = Phase::waiting;
    if (!watch_.start(loop_, facts_.lineage_socket, *this, Trigger::level)) log::warn("orphan.cannot_wait");
}

void Foundling::on_ready() noexcept {
    Fd socket{::accept4(facts_.lineage_socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) return;  // another one was quicker
    const auto user = user_of_peer(socket.get());
    if (user != 0 && user != facts_.masters_user) {
        log::warn("orphan.stranger").with("user", user);
        return;
    }
    line_ = std::make_unique<ControlChannel>(loop_, std::move(socket),
                                             static_cast<ControlChannelHandler&>(*this));
    if (!line_->start()) return line_.reset();
    watch_.stop();  // the next connection is another one's
    phase_ = Phase::greeting;
    line_->send(facts_.hello);
}

void Foundling::on_message(ControlChannel& channel, const ControlMessage& message, std::vector<Fd>&) {
    if (phase_ != Phase::greeting) return;
    const auto* const hello = std::get_if<Hello>(&message);
    if (hello == nullptr || common_protocol(facts_.hello, *hello) == 0) {
        log::warn("orphan.not_understood");
        channel.close();
        return on_channel_lost(channel, Reason::bad_message);
    }
    phase_ = Phase::alone;
    log::notice("orphan.adopted").with("generation", facts_.hello.generation).with("by", hello->pid);
    send_estate(channel);
    handler_.on_adopted(std::move(line_));
}

void Foundling::on_channel_lost(ControlChannel&, Reason) {
    loop_.destroy_later(std::move(line_));
    wait();
}

/// In parts, the memory and the lineage's socket with the first.
void Foundling::send_estate(ControlChannel& line) {
    Estate estate;
    estate.generation = facts_.hello.generation;
    estate.processes = processes_of(facts_.memory);
    std::vector<Fd> copies;
    const auto add = [&](std::string_view name, int descriptor) {
        Fd copy = copy_of(descriptor);
        if (!copy) return;
        estate.names.append(copies.empty() ? "" : ":").append(name);
        copies.push_back(std::move(copy));
    };
    add(memory_name, facts_.memory.descriptor());
    add(lineage_name, facts_.lineage_socket);
    for (const auto& listener : handler_.listeners_to_leave()) {
        if (copies.size() >= most_in_message) {
            line.send(estate, std::exchange(copies, {}));
            estate.names.clear();
        }
        add(listener.name, listener.socket.get());
    }
    estate.is_last = true;
    line.send(estate, std::move(copies));
}

}  // namespace baton::upgrade
