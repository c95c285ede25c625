/// Content that both ends of the demo can make and check without sending it twice.
#pragma once

#include "config/fnv1a.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::demo {

/// `size` bytes that repeat `token` and a newline: what the backend answers to `/bytes/SIZE/TOKEN`.
std::string repeated_content(std::string_view token, std::size_t size);

/// Compares content that arrives in pieces with `repeated_content`.
class ContentCheck {
public:
    void expect(std::string_view token, std::size_t size);
    /// Looks at the next piece.
    void see(std::string_view piece);
    bool complete() const { return !wrong_ && seen_ == size_; }
    /// What is wrong with it, for people; empty when it is complete.
    std::string verdict() const;

private:
    std::string unit_;
    std::size_t size_ = 0;
    std::size_t seen_ = 0;
    std::size_t wrong_at_ = 0;
    bool wrong_ = false;
};

/// Tells a lost, doubled or changed byte of an upload.
class Digest {
public:
    void add(std::string_view bytes);
    std::uint64_t length() const { return length_; }
    /// `LENGTH HEX` and a newline: what the backend answers to an upload.
    std::string answer() const;

private:
    config::Fnv1a hash_;
    std::uint64_t length_ = 0;
};

}  // namespace baton::demo
