// A peer that holds the right keys says what it likes, in records of its own making and in forged ones. The
// first byte chooses suite and role; then come commands of a byte, two bytes of length, and content.
#include "tests/fuzz/pieces.h"
#include "tests/support/record_pair.h"

using namespace baton;
using namespace baton::test;

namespace {

/// What the fuzzer's bytes are read as.
class Commands {
public:
    explicit Commands(std::string_view bytes) : bytes_(bytes) {}
    bool at_end() const { return bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(bytes_.front());
        bytes_.remove_prefix(1);
        return first;
    }
    std::size_t length() {
        const std::size_t high = byte();
        return high << 8 | byte();
    }
    std::string_view content(std::size_t most) {
        const std::string_view taken = bytes_.substr(0, most);
        bytes_.remove_prefix(taken.size());
        return taken;
    }

private:
    std::string_view bytes_;
};

/// The end under test, the peer's tongue, and the peer's ear.
class Scene {
public:
    Scene(std::uint16_t suite, Role role)
        : us_(world_, made_up_keys(*world_.workspace, suite, role)),
          peer_(world_, made_up_keys(*world_.workspace, suite, other(role))),
          forger_(world_, suite, other(role)) {}

    void run(Commands commands) {
        for (int steps = 0; !commands.at_end() && steps < 300; ++steps) step(commands);
    }

private:
    static Role other(Role role) { return role == Role::server ? Role::client : Role::server; }

    void step(Commands& commands) {
        const std::uint8_t command = commands.byte();
        const auto type = static_cast<ContentType>(command >> 3);
        const std::size_t length = commands.length();
        const std::size_t fitting = std::min(length, tls::longest_plaintext);
        switch (command & 7) {
            case 0: return hear_raw(type, commands.content(length));
            case 1: return hear(type, commands.content(fitting));
            case 2: return hear(type, std::string(fitting, commands.byte() != 0 ? 'x' : '\0'));
            case 3: return hear_padded(type, commands.content(fitting), commands.byte());
            case 4: return forger_.update();
            case 5: return say(fitting);
            case 6: return hear_cut(type, commands.content(fitting), commands.byte());
            case 7: peer_.open(us_.close_notify()); return;
        }
    }

    /// A header of the fuzzer's choice in front of bytes that nobody sealed.
    void hear_raw(ContentType type, std::string_view content) {
        std::string record{static_cast<char>(type), '\x03', '\x03', static_cast<char>(content.size() >> 8),
                           static_cast<char>(content.size())};
        const Arrival arrival = deliver(record.append(content));
        fuzz::require(arrival.data.empty(), "nothing comes out of what nobody sealed");
    }
    void hear(ContentType type, std::string_view content) {
        expect(type, content, forger_.seal(type, content));
    }
    void hear_padded(ContentType type, std::string_view content, std::size_t padding) {
        if (content.size() + padding + 2 > tls::longest_plaintext) return;
        expect(type, content, forger_.seal_padded(type, content, padding + 1));
    }
    void hear_cut(ContentType type, std::string_view content, std::size_t cut) {
        std::string record = forger_.seal(type, content);
        const std::size_t sealed = record.size() - tls::record_header_length;
        const std::size_t left = sealed - std::min(cut, sealed);
        record.resize(tls::record_header_length + left);
        record[3] = static_cast<char>(left >> 8);
        record[4] = static_cast<char>(left);
        const Arrival arrival = deliver(record);
        fuzz::require(cut == 0 || arrival.data.empty(), "nothing comes out of a truncated record");
    }
    void expect(ContentType type, std::string_view content, const std::string& record) {
        const Arrival arrival = deliver(record);
        const bool is_data = type == ContentType::application_data;
        fuzz::require(arrival.data.empty() || !is_data || arrival.data == content,
                      "data comes out unchanged");
        fuzz::require((arrival.last == Opened::data) == !arrival.data.empty(), "data means bytes");
    }

    Arrival deliver(std::string_view record) {
        const Arrival arrival = us_.open(record);
        const std::string replies = us_.take_replies();
        fuzz::require(replies.size() <= 4096, "answers are short and few");
        hear_replies(replies);
        if (us_.layer.last_alert()) {
            fuzz::require(us_.seal("more").empty() && !us_.sealed(), "a failed connection is silent");
            fuzz::require(us_.open(record).data.empty(), "a failed connection is deaf");
            fuzz::require(us_.take_replies().empty(), "a connection fails once");
        }
        fuzz::require(world_.blocks.in_use() == 0, "an idle connection holds no block");
        return arrival;
    }
    void say(std::size_t length) {
        const std::string text(length, 'y');
        const Arrival arrival = peer_.open(us_.seal(text));
        fuzz::require(!us_.sealed() || peer_.layer.last_alert() || arrival.data == text,
                      "the peer reads what we seal");
    }
    /// Whatever is answered is authentic and well-formed for the peer, which may find it too much.
    void hear_replies(const std::string& replies) {
        peer_.open(replies);
        peer_.take_replies();
        const auto alert = peer_.layer.last_alert();
        fuzz::require(!alert || alert == us_.layer.last_alert() || alert == Alert::unexpected_message,
                      "the peer understands what is answered");
    }

    RecordWorld world_;
    RecordEnd us_, peer_;
    Forger forger_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint16_t suite = every_suite[(data[0] >> 1) % every_suite.size()];
    const Role role = (data[0] & 1) != 0 ? Role::client : Role::server;
    Scene{suite, role}.run(Commands{fuzz::text_of(data + 1, size - 1)});
    return 0;
}
