/// One order on its way over the admin socket, as its command sees it.
#pragma once

#include "server/admin/control_client.h"
#include "server/event/fd.h"

#include <optional>
#include <string>
#include <tl/expected.hpp>

namespace baton::admin {

class Conversation {
public:
    enum class Patience : std::uint8_t {
        waits,  ///< until the instance has room for one more command
        none,
    };
    /// Connects and sends the request. Fails with the exit code and the words of `OrderOutcome`.
    static tl::expected<Conversation, OrderOutcome> begin(const std::string& socket, const Request& request,
                                                          Patience patience);

    /// Readable when there is something to receive.
    int descriptor() const { return socket_.get(); }
    /// Takes what has arrived, or waits for it; false when the instance has ended the conversation.
    bool receive();
    /// The next complete answer, if it is there.
    std::optional<Answer> next() { return reader_.next(); }
    /// The instance has said what is no answer.
    bool is_broken() const { return reader_.is_broken(); }

private:
    int connect(const std::string& path, Patience patience);
    bool send_all(std::string_view bytes);

    Fd socket_;
    AnswerReader reader_;
};

}  // namespace baton::admin
