// Any packets on the line between two workers: what is no message is refused, and what is one in the wrong
// place ends the line with every connection in one place and no descriptor left behind. The first byte says
// who hears; then come packets: a byte of options, two of length, and the content.
#include "tests/fuzz/pieces.h"
#include "upgrade/hand_over/hand_over_receiver.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

using namespace baton;
using namespace baton::upgrade;

namespace {

constexpr ParcelKinds every_kind = 0xFF;

struct Packet {
    std::string content;
    std::size_t descriptors = 0;
};

/// The next packet of the input. With an option the head is given what every head has, so that more packets
/// come further than the magic.
Packet next_packet(std::string_view& input) {
    const auto byte = [&]() -> std::uint8_t {
        if (input.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(input.front());
        input.remove_prefix(1);
        return first;
    };
    const std::uint8_t options = byte();
    const std::size_t high = byte();
    const std::size_t length = high << 8 | byte();
    Packet packet;
    packet.content = input.substr(0, length);
    input.remove_prefix(packet.content.size());
    packet.descriptors = options >> 4;
    if ((options & 1) != 0 && packet.content.size() >= message_head_size)
        packet.content.replace(0, 5, "\x02\x4E\x70\xB4\x01");
    return packet;
}

void try_decode(std::string_view packet) {
    if (packet.size() < message_head_size) return;
    MessageHead head;
    std::copy_n(packet.begin(), head.size(), head.begin());
    const std::string_view content = packet.substr(head.size());
    const auto message = decode(head, content);
    if (!message) return;
    fuzz::require(encode_head(*message) == head, "there is one way to write a message");
    fuzz::require(content_of(*message) == content, "all content belongs to the message");
}

void try_window(std::string_view input) {
    if (input.size() < 2) return;
    const auto parcels = static_cast<std::uint8_t>(input[0]);
    const auto descriptors = static_cast<std::uint8_t>(input[1]);
    const auto read = read_window(input.substr(2), parcels, descriptors);
    if (!read) return;
    std::size_t bytes = 0;
    std::size_t sum = 0;
    for (const auto& parcel : *read) {
        bytes += parcel_head_size + parcel.fields.size();
        sum += parcel.descriptors;
    }
    fuzz::require(read->size() == parcels && sum == descriptors, "as many as announced");
    fuzz::require(bytes == input.size() - 2, "no byte is left over");
}

/// A line with one end in the fuzzer's hand.
struct Line {
    Line() {
        int ends[2];
        fuzz::require(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
                      "there are sockets");
        ours = Fd{ends[0]};
        theirs = Fd{ends[1]};
    }
    void say(Packet packet) {
        std::array<int, 16> numbers{};  // standard input, again and again
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof numbers)> ancillary{};
        iovec bytes{packet.content.data(), packet.content.size()};
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        if (packet.descriptors > 0) {
            message.msg_control = ancillary.data();
            message.msg_controllen = CMSG_SPACE(packet.descriptors * sizeof(int));
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(packet.descriptors * sizeof(int));
            std::memcpy(CMSG_DATA(header), numbers.data(), packet.descriptors * sizeof(int));
        }
        ::sendmsg(theirs.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    /// The kind of the next message from the other side, or 0.
    char hear() {
        std::array<char, message_head_size> head{};
        return ::recv(theirs.get(), head.data(), head.size(), MSG_DONTWAIT) > 5 ? head[5] : '\0';
    }
    Fd ours, theirs;
};

struct Sink final : HandOverSink {
    struct Held final : Arrival {
        Held(Sink& taker, std::vector<Fd> descriptors) : sink(taker), ends(std::move(descriptors)) {
            ++sink.holding;
        }
        ~Held() override { --sink.holding; }
        void commit() noexcept override { ++sink.committed; }
        Sink& sink;
        std::vector<Fd> ends;
    };
    ParcelKinds kinds() const override { return every_kind; }
    std::uint32_t free_descriptors() const override { return 100; }
    tl::expected<std::unique_ptr<Arrival>, Refusal> hold(ArrivedParcel& parcel) override {
        if (parcel.fields.flag(1)) return tl::unexpected(Refusal::no_place);
        return std::make_unique<Held>(*this, std::move(parcel.descriptors));
    }
    void on_receiver_over() override { ++over; }
    int holding = 0;
    int committed = 0;
    int over = 0;
};

void try_receiver(EventLoop& loop, std::string_view input) {
    Line line;
    Sink sink;
    HandOverReceiver receiver{loop, std::move(line.ours), sink};
    fuzz::require(receiver.start().has_value(), "the loop takes it");
    while (!input.empty() && !receiver.is_over()) {
        line.say(next_packet(input));
        loop.turn(Duration{0});
    }
    fuzz::require(receiver.moved() == static_cast<std::uint64_t>(sink.committed), "what lives is counted");
    line.theirs.reset();
    for (int i = 0; i < 100 && !receiver.is_over(); ++i) loop.turn(Duration{0});
    fuzz::require(receiver.is_over() && sink.over == 1, "a line ends, once");
    fuzz::require(sink.holding == 0, "nothing is held behind the end");
}

struct Connection final : Movable {
    enum class State : std::uint8_t { live, frozen, taken };
    ParcelKind kind() const override { return 1; }
    void pack(FieldWriter& fields, std::vector<int>& descriptors) const override {
        fields.text(1, "state");
        descriptors.push_back(0);
    }
    void on_taken() noexcept override { become(State::taken); }
    void on_kept() noexcept override { become(State::live); }
    void become(State next) {
        fuzz::require(state == State::frozen, "only what is frozen is kept or taken");
        state = next;
    }
    State state = State::live;
    bool offered = false;
};

struct Source final : HandOverSource {
    Movable* freeze_next(ParcelKinds kinds) override {
        if ((kinds & mask_of(1)) == 0) return nullptr;
        for (Connection& connection : connections) {
            if (connection.offered || connection.state != Connection::State::live) continue;
            connection.offered = true;
            connection.state = Connection::State::frozen;
            return &connection;
        }
        return nullptr;
    }
    void on_refused(Movable&, Refusal) override {}
    void on_sender_lost() override { ++lost; }
    std::size_t count(Connection::State state) const {
        return static_cast<std::size_t>(std::count_if(connections.begin(), connections.end(),
                                                      [&](const auto& c) { return c.state == state; }));
    }
    std::array<Connection, 6> connections;
    int lost = 0;
};

void try_sender(EventLoop& loop, std::string_view input) {
    Line line;
    Source source;
    HandOverSender sender{loop, std::move(line.ours), source};
    fuzz::require(sender.start().has_value(), "the loop takes it");
    bool committed = false;
    while (!input.empty() && !sender.is_lost()) {
        line.say(next_packet(input));
        for (int i = 0; i < 3; ++i) loop.turn(Duration{0});
        for (char kind = line.hear(); kind != 0; kind = line.hear()) committed |= kind == 4;
        fuzz::require(committed || source.count(Connection::State::taken) == 0, "nothing leaves uncommitted");
    }
    line.theirs.reset();
    for (int i = 0; i < 100 && !sender.is_lost(); ++i) loop.turn(Duration{0});
    fuzz::require(sender.is_lost() && source.lost == 1, "a line ends, once");
    fuzz::require(source.count(Connection::State::frozen) == 0, "nothing stays frozen");
    fuzz::require(committed || sender.totals().moved == 0, "what was moved is what was committed");
}

/// The number that the next descriptor gets: higher when one has been forgotten.
int lowest_free_descriptor() {
    const int number = ::fcntl(0, F_DUPFD, 0);
    ::close(number);
    return number;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    if (size == 0) return 0;
    const int before = lowest_free_descriptor();
    const std::string_view input = fuzz::text_of(data + 1, size - 1);
    switch (data[0] & 3) {
        case 0: try_decode(input); break;
        case 1: try_window(input); break;
        case 2: try_receiver(*loop, input); break;
        case 3: try_sender(*loop, input); break;
    }
    fuzz::require(lowest_free_descriptor() == before, "no descriptor stays behind");
    return 0;
}
