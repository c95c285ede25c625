/// The file that says which process is the master. Its lock, not its text, says whether one runs.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <string>

namespace baton {

class PidFile {
public:
    /// Whom the file may be taken from.
    enum class From : std::uint8_t {
        nobody,       ///< fails with `address_in_use` while another process holds the lock
        predecessor,  ///< the holder of the lock has agreed
    };

    PidFile() = default;
    /// Puts this process's id at `path`: a locked temporary file is renamed over it, so that a reader never
    /// sees an empty or a half file. A stale file, whose writer has died, is replaced; nobody is ever
    /// signalled. Fails with the system's error (a symbolic link is ELOOP).
    static Result<PidFile> write(const std::string& path, From from);
    PidFile(PidFile&&) = default;
    PidFile& operator=(PidFile&& other) noexcept;
    ~PidFile() { remove(); }

    /// Whether the file at the path is still the one that this object wrote.
    bool is_in_place() const;
    /// Removes the file if it is still ours. A successor's stays.
    void remove();
    const std::string& path() const { return path_; }

private:
    PidFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
    std::string path_;
    Fd file_;  // holds the lock
};

}  // namespace baton
