/// Connections that are nothing but descriptors and an id, somebody who gives them and somebody who takes
/// them, for tests of the line between two workers.
#pragma once

#include "upgrade/hand_over/hand_over_receiver.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton::upgrade::test {

inline constexpr ParcelKind plain = 3;
inline constexpr ParcelKind fancy = 40;

/// Of this process, without the one that looks.
inline std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count - 1;
}

inline std::pair<Fd, Fd> socket_pair() {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
    return {Fd{ends[0]}, Fd{ends[1]}};
}

class GivingSource;

struct Connection final : Movable {
    enum class State : std::uint8_t { live, frozen, taken };

    ParcelKind kind() const override { return its_kind; }
    void pack(FieldWriter& fields, std::vector<int>& descriptors) const override {
        BOOST_TEST((state == State::frozen));
        fields.number(1, id);
        fields.text(2, payload);
        for (const Fd& end : ends) descriptors.push_back(end.get());
    }
    void on_taken() noexcept override;
    void on_kept() noexcept override;

    std::uint64_t id = 0;
    ParcelKind its_kind = plain;
    std::string payload;
    std::vector<Fd> ends;
    State state = State::live;
    int times_kept = 0;
    bool refused = false;
    GivingSource* source = nullptr;
};

class GivingSource final : public HandOverSource {
public:
    /// A connection with `descriptors` ends; what is written into `far(id)` can be read from the first.
    Connection& add(std::size_t descriptors = 1, std::string payload = "state") {
        Connection& connection = *connections.emplace_back(std::make_unique<Connection>());
        connection.id = connections.size() - 1;
        connection.payload = std::move(payload);
        connection.source = this;
        for (std::size_t i = 0; i < descriptors; ++i) {
            auto ends = socket_pair();
            connection.ends.push_back(std::move(ends.first));
            far.push_back(std::move(ends.second));
        }
        waiting.push_back(&connection);
        return connection;
    }
    void add_many(std::size_t count, std::size_t descriptors = 1) {
        for (std::size_t i = 0; i < count; ++i) add(descriptors);
    }

    Movable* freeze_next(ParcelKinds kinds) override {
        const auto next =
            std::ranges::find_if(waiting, [&](auto* c) { return (kinds & mask_of(c->its_kind)) != 0; });
        if (next == waiting.end()) return nullptr;
        Connection* const connection = *next;
        waiting.erase(next);
        BOOST_TEST((connection->state == Connection::State::live));
        connection->state = Connection::State::frozen;
        return connection;
    }
    void on_refused(Movable& movable, Refusal why) override {
        auto& connection = static_cast<Connection&>(movable);
        BOOST_TEST((connection.state == Connection::State::live));
        connection.refused = true;
        std::erase(waiting, &connection);
        refusals[connection.id] = why;
    }
    void on_sender_lost() override {
        BOOST_TEST(count(Connection::State::frozen) == 0U);
        ++times_lost;
    }

    std::size_t count(Connection::State state) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(connections, [&](const auto& c) { return c->state == state; }));
    }
    std::size_t live() const { return count(Connection::State::live); }
    std::size_t frozen() const { return count(Connection::State::frozen); }
    std::size_t taken() const { return count(Connection::State::taken); }

    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<Fd> far;
    std::deque<Connection*> waiting;
    std::map<std::uint64_t, Refusal> refusals;
    int times_lost = 0;
};

inline void Connection::on_taken() noexcept {
    BOOST_TEST((state == State::frozen));
    state = State::taken;
    ends.clear();
}
inline void Connection::on_kept() noexcept {
    BOOST_TEST((state == State::frozen));
    state = State::live;
    ++times_kept;
    source->waiting.push_back(this);
}

/// A connection that has come to life in the successor.
struct Arrived {
    std::string payload;
    std::vector<Fd> ends;
};

class TakingSink final : public HandOverSink {
public:
    ParcelKinds kinds() const override { return understood; }
    std::uint32_t free_descriptors() const override {
        return arrivals_count ? free - static_cast<std::uint32_t>(arrived.size()) : free;
    }
    tl::expected<std::unique_ptr<Arrival>, Refusal> hold(ArrivedParcel& parcel) override {
        const auto id = parcel.fields.number(1);
        const auto payload = parcel.fields.text(2);
        if (!id || !payload) return tl::unexpected(Refusal::malformed);
        if (const auto refusal = refusing.find(*id); refusal != refusing.end())
            return tl::unexpected(refusal->second);
        ++holding;
        return std::make_unique<Held>(*this, *id, *payload, std::move(parcel.descriptors));
    }
    void on_receiver_over() override {
        BOOST_TEST(holding == 0);
        ++times_over;
    }

    ParcelKinds understood = mask_of(plain);
    std::uint32_t free = 10'000;
    bool arrivals_count = false;  // one descriptor each
    std::map<std::uint64_t, Refusal> refusing;
    std::map<std::uint64_t, Arrived> arrived;
    int holding = 0;
    int times_over = 0;

private:
    /// Views the parcel until it is committed, as it may.
    struct Held final : Arrival {
        Held(TakingSink& taker, std::uint64_t number, std::string_view text, std::vector<Fd> descriptors)
            : sink(taker), id(number), payload(text), ends(std::move(descriptors)) {}
        ~Held() override { --sink.holding; }
        void commit() noexcept override {
            BOOST_TEST(!sink.arrived.contains(id));
            sink.arrived[id] = {std::string{payload}, std::move(ends)};
        }
        TakingSink& sink;
        std::uint64_t id;
        std::string_view payload;
        std::vector<Fd> ends;
    };
};

/// A loop that a test turns by hand, with a clock that stands still.
struct StillLoop {
    void turn(int times = 1) {
        for (int i = 0; i < times; ++i) loop->turn(Duration{0});
    }
    void advance(Duration by) {
        clock.advance(by);
        turn();
    }
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
};

/// The other end of the line, in the hands of the test.
struct RawPeer {
    explicit RawPeer(Fd end) : socket(std::move(end)) {}

    /// False when the other side has closed.
    bool say(const std::string& packet, const std::vector<int>& passed = {}) {
        alignas(cmsghdr) char ancillary[CMSG_SPACE(253 * sizeof(int))];
        iovec bytes{const_cast<char*>(packet.data()), packet.size()};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        if (!passed.empty()) {
            const std::size_t size = passed.size() * sizeof(int);
            message.msg_control = ancillary;
            message.msg_controllen = CMSG_SPACE(size);
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(size);
            std::copy(passed.begin(), passed.end(), reinterpret_cast<int*>(CMSG_DATA(header)));
        }
        return ::sendmsg(socket.get(), &message, MSG_NOSIGNAL) >= 0;
    }
    bool say(const HandOverMessage& message, const std::vector<int>& passed = {}) {
        return say(packet_of(message), passed);
    }
    /// The next packet; empty when there is none.
    std::string hear() {
        std::string packet(longest_packet, '\0');
        alignas(cmsghdr) char ancillary[CMSG_SPACE(253 * sizeof(int))];
        iovec bytes{packet.data(), packet.size()};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = ancillary;
        message.msg_controllen = sizeof ancillary;
        const auto length = ::recvmsg(socket.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        packet.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
        descriptors.clear();
        if (length <= 0) return packet;
        for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            const auto* numbers = reinterpret_cast<const int*>(CMSG_DATA(header));
            const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) descriptors.emplace_back(numbers[i]);
        }
        return packet;
    }
    /// Requires a message of that kind.
    template <class Message>
    Message hear_a() {
        heard = hear();
        BOOST_REQUIRE(heard.size() >= message_head_size);
        MessageHead head;
        std::copy_n(heard.begin(), head.size(), head.begin());
        const auto message = decode(head, std::string_view{heard}.substr(head.size()));
        BOOST_REQUIRE(message.has_value());
        BOOST_REQUIRE(std::holds_alternative<Message>(*message));
        return std::get<Message>(*message);
    }
    /// The other side has closed and all was heard.
    bool is_closed() {
        char byte = 0;
        ssize_t length = 0;
        do {
            length = ::recv(socket.get(), &byte, 1, MSG_DONTWAIT);
        } while (length > 0 || (length < 0 && errno == ECONNRESET));
        return length == 0;
    }
    static std::string packet_of(const HandOverMessage& message) {
        const MessageHead head = encode_head(message);
        std::string packet{head.data(), head.size()};
        return packet.append(content_of(message));
    }

    Fd socket;
    std::string heard;  // what the last message views
    std::vector<Fd> descriptors;
};

inline BudgetMessage budget(std::uint32_t window, std::uint32_t free = 10'000,
                            ParcelKinds kinds = mask_of(plain)) {
    return {window, 1, 1, free, kinds};
}

}  // namespace baton::upgrade::test
