/// Keeps the master's descriptors out of a freshly forked worker.
#pragma once

#include <span>

namespace baton {

/// Closes every descriptor above stderr except those in `keep`, and calls `reopen` on the way.
///
/// A worker that held its siblings' channels, the pid file's lock or the admin socket would keep them alive
/// beyond the master. The log owns a descriptor whose number nobody knows and closes it when `reopen`
/// configures it anew; were that number closed before, it might by then belong to somebody else. So each
/// number is first occupied by a placeholder, then `reopen` runs, then the placeholders that are left are
/// closed.
template <class Reopen>
void close_descriptors_of_master(std::span<const int> keep, Reopen reopen);

namespace detail {
class Placeholders {
public:
    explicit Placeholders(std::span<const int> keep);
    ~Placeholders();
    Placeholders(const Placeholders&) = delete;
    Placeholders& operator=(const Placeholders&) = delete;

private:
    int source_;
};
}  // namespace detail

template <class Reopen>
void close_descriptors_of_master(std::span<const int> keep, Reopen reopen) {
    const detail::Placeholders placeholders(keep);
    reopen();
}

}  // namespace baton
