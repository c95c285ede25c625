#include "proxy/demo/generation_watch.h"

#include <csignal>
#include <fstream>

namespace baton::demo {

std::string_view to_string(GenerationState state) {
    switch (state) {
        case GenerationState::serving: return "serving";
        case GenerationState::draining: return "draining";
        case GenerationState::gone: return "gone";
    }
    return {};
}

bool GenerationWatch::look() {
    bool changed = notice_successor();
    for (Generation& generation : generations_) {
        if (generation.state == GenerationState::gone || ::kill(generation.master, 0) == 0) continue;
        generation.state = GenerationState::gone;
        changed = true;
    }
    return changed;
}

bool GenerationWatch::notice_successor() {
    std::ifstream file(pid_file_);
    pid_t pid = 0;
    if (!(file >> pid) || pid <= 0) return false;
    if (!generations_.empty() && generations_.back().master == pid) return false;
    if (!generations_.empty() && generations_.back().state == GenerationState::serving) {
        generations_.back().state = GenerationState::draining;
    }
    const auto number = static_cast<std::uint32_t>(generations_.size() + 1);
    generations_.push_back({number, pid, GenerationState::serving});
    return true;
}

const Generation* GenerationWatch::serving() const {
    if (generations_.empty() || generations_.back().state != GenerationState::serving) return nullptr;
    return &generations_.back();
}

}  // namespace baton::demo
