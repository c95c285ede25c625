/// A folder in the system's place for temporary files, removed with everything in it.
#pragma once

#include "server/result.h"

#include <filesystem>
#include <string>

namespace baton::demo {

class TemporaryFolder {
public:
    /// Readable for others, so that workers of another user reach what lies in it. Fails with what mkdtemp
    /// said.
    static Result<TemporaryFolder> create();
    TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;
    ~TemporaryFolder();

    const std::filesystem::path& path() const { return path_; }

private:
    explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace baton::demo
