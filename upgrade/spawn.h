/// Starts another program with exactly the descriptors it is meant to have.
#pragma once

#include "server/event/fd.h"
#include "upgrade/first_start.h"

#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace baton::upgrade {

/// An executable file, opened once: what was checked is what runs, whatever happens to its path meanwhile.
class Program {
public:
    /// Fails with words for the operator: missing, not a regular file, not executable.
    static tl::expected<Program, std::string> open(const std::string& path);
    /// The program that this process runs, also when another file, or none, is at its path by now.
    static tl::expected<Program, std::string> of_this_process();
    /// The program in `file`, which somebody has opened for reading. Its path is where it was last seen.
    static tl::expected<Program, std::string> from(Fd file);
    int descriptor() const { return file_.get(); }
    const std::string& path() const { return path_; }
    /// Starts with `#!`: its interpreter opens the descriptor again, which must therefore survive the exec.
    bool is_script() const { return is_script_; }

private:
    static tl::expected<Program, std::string> examine(Fd file, std::string path);

    std::string path_;
    Fd file_;
    bool is_script_ = false;
};

/// A descriptor that the program gets, and the name it finds it by.
struct PassedDescriptor {
    std::string name;
    int descriptor;
};

/// Becomes `program` in a freshly forked child: argv as given, the environment and the process state of the
/// first start, `descriptors` as 3, 4, … announced by LISTEN_FDS, stdin, stdout and stderr as they are,
/// nothing else. Returns errno when the program cannot be executed; the descriptors have been moved by then.
int execute(const Program& program, const std::vector<std::string>& arguments, const FirstStart& first_start,
            const std::vector<PassedDescriptor>& descriptors);

}  // namespace baton::upgrade
