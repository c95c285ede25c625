/// The process above the masters: the same while each upgrade replaces the one below it. It follows the main
/// process as systemd does, and does little else (docs/life_of_a_supervisor.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace baton {

/// What the child of a supervisor does; returns its exit code.
using MainProgram = std::function<int()>;

/// Runs `program` in a child that finds NOTIFY_SOCKET, and follows it until the main process has ended. Must
/// be called before the process has made a thread or has blocked a signal.
///
/// Returns the exit code of the last main process, 128 + n when signal n ended it, EX_SOFTWARE (70) when only
/// another process knows that; EX_CANTCREAT (73) when there is no place for the socket and EX_OSERR (71) when
/// the child cannot be started: the reason has then been written to stderr.
int supervise(const MainProgram& program);

/// Becomes the binary that runs now once more, with `arguments` less `--supervise`. Returns an exit code when
/// that cannot be done; the reason has then been written to stderr.
int execute_as_master(std::vector<std::string> arguments);

}  // namespace baton
