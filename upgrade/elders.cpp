#include "upgrade/elders.h"

#include <algorithm>

namespace baton::upgrade {

void Elders::add(Fd line) {
    auto channel =
        std::make_unique<ControlChannel>(loop_, std::move(line), static_cast<ControlChannelHandler&>(*this));
    if (channel->start()) lines_.push_back(std::move(channel));
}

void Elders::add(std::unique_ptr<ControlChannel> line) {
    if (!line || !line->is_open()) return;
    line->set_handler(*this);
    lines_.push_back(std::move(line));
}

void Elders::tell(const ControlMessage& message) {
    // A line that fails takes itself out of the list meanwhile.
    std::vector<ControlChannel*> all;
    for (const auto& line : lines_) all.push_back(line.get());
    for (ControlChannel* const line : all) line->send(message);
}

std::vector<Fd> Elders::copies() const {
    std::vector<Fd> result;
    for (const auto& line : lines_) {
        if (result.size() == ControlChannel::most_descriptors) break;
        if (Fd copy = line->duplicate()) result.push_back(std::move(copy));
    }
    return result;
}

void Elders::let_go() {
    for (auto& line : lines_) {
        line->close();
        loop_.destroy_later(std::move(line));
    }
    lines_.clear();
}

std::unique_ptr<ControlChannel> Elders::release(ControlChannel& line) {
    const auto found = std::ranges::find(lines_, &line, &std::unique_ptr<ControlChannel>::get);
    if (found == lines_.end()) return nullptr;
    auto released = std::move(*found);
    lines_.erase(found);
    return released;
}

bool Elders::has(const ControlChannel* line) const {
    return std::ranges::find(lines_, line, &std::unique_ptr<ControlChannel>::get) != lines_.end();
}

void Elders::on_message(ControlChannel& channel, const ControlMessage& message,
                        std::vector<Fd>& descriptors) {
    if (const auto* const hand_over = std::get_if<HandOver>(&message))
        return on_hand_over_(*hand_over, std::move(descriptors));
    if (!std::holds_alternative<Return>(message)) descriptors.clear();  // closes them
    on_word_(channel, message, std::move(descriptors));
}

void Elders::on_channel_lost(ControlChannel& channel, Reason) {
    const auto found = std::ranges::find(lines_, &channel, &std::unique_ptr<ControlChannel>::get);
    if (found == lines_.end()) return;
    loop_.destroy_later(std::move(*found));
    lines_.erase(found);
    if (lines_.empty()) on_gone_();
}

}  // namespace baton::upgrade
