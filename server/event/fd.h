/// Owns a file descriptor.
#pragma once

#include <utility>

namespace baton {

class Fd {
public:
    Fd() = default;
    explicit Fd(int descriptor) : descriptor_(descriptor) {}
    Fd(Fd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd() { reset(); }

    int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }
    /// Gives the descriptor up without closing it.
    [[nodiscard]] int release() { return std::exchange(descriptor_, -1); }
    /// Closes it now.
    void reset() noexcept;
    /// Another descriptor for the same open file, CLOEXEC; empty on failure.
    Fd duplicate() const;

private:
    int descriptor_ = -1;
};

}  // namespace baton
