/// What a command and a running master say to each other over the admin socket.
///
/// The command sends one line, `baton/1 VERB [WORD…]`, and reads answers until the verdict:
///
///     accepted\n                                    the order was understood and begins
///     progress TEXT_BYTES JSON_BYTES\n text json    a step on the way
///     verdict EXIT_CODE TEXT_BYTES JSON_BYTES\n …   the end, exactly one
#pragma once

#include "server/admin/orders.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace baton::admin {

enum class Verb : std::uint8_t { reload, upgrade, rollback, finish, stop, reopen, stop_accepting, status };

struct Request {
    Verb verb = Verb::status;
    UpgradeOrder upgrade;                     ///< of Verb::upgrade
    StopMode stop_mode = StopMode::graceful;  ///< of Verb::stop
    std::uint32_t generation = 0;             ///< of Verb::finish
};

/// Longest request line in bytes: a path of PATH_MAX with every byte escaped, and the words.
inline constexpr std::size_t longest_request = 3 * 4096 + 256;
/// Longest text, and longest JSON, of an answer in bytes.
inline constexpr std::size_t longest_answer_part = 1024 * 1024;

/// The line with its newline. Bytes of a path that could end a word are written as `%XX`.
std::string format_request(const Request& request);
/// Nothing when `line` (without newline) is not exactly a request.
std::optional<Request> parse_request(std::string_view line);

struct Answer {
    enum class Kind : std::uint8_t { accepted, progress, verdict } kind = Kind::accepted;
    Verdict verdict;  ///< its text and JSON are the progress' too
};

/// A part that is longer than `longest_answer_part` is cut (text) or replaced by `{}` (JSON).
std::string format_answer(const Answer& answer);

/// Reads answers out of a stream of bytes; strict, bounded.
class AnswerReader {
public:
    void feed(std::string_view bytes) { pending_ += bytes; }
    /// The next complete answer; nothing when there is none yet, or the stream `is_broken`.
    std::optional<Answer> next();
    bool is_broken() const { return broken_; }

private:
    std::string pending_;
    bool broken_ = false;
};

}  // namespace baton::admin
