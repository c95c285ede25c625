#include "upgrade/kept_listeners.h"

#include <map>

namespace baton::upgrade {

void KeptListeners::keep(const ListenerSet& listeners) {
    std::map<std::string, std::vector<int>> wanted;  // several of one name: a SO_REUSEPORT set
    for (auto& [name, descriptor] : listeners.to_store()) wanted[std::move(name)].push_back(descriptor);
    // What is only assumed is put there anew. Nobody says whether it was there, and twice is once too many.
    std::erase_if(names_, [&](const std::string& name) {
        if (!assumed_ && wanted.contains(name)) return false;
        manager_.forget(name);
        return true;
    });
    for (const auto& [name, descriptors] : wanted) {
        if (names_.insert(name).second) manager_.store(name, descriptors);
    }
    assumed_ = false;
}

}  // namespace baton::upgrade
