#include "upgrade/control_message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>

namespace baton::upgrade {
namespace {

/// Bytes 0–3 of every message. Not text, so that a shell script that writes into the wrong descriptor is
/// noticed.
constexpr std::uint32_t magic = 0xB470'4E01;
constexpr std::size_t header_size = 8;  // magic, kind (16 bits), bytes of fields (16 bits)

enum class Kind : std::uint16_t {
    hello = 1,
    ready = 2,
    failed = 3,
    commit = 4,
    accepting = 5,
    stop = 6,
    reopen = 7,
    hand_over = 8,
    invite = 9,
    decide = 10,
    trial_over = 11,
    return_ = 12,
    share = 13,
    estate = 14,
    end_
};

/// A tag keeps its meaning and width in every kind and version.
enum class Tag : std::uint16_t {
    lowest_protocol = 1,
    highest_protocol = 2,
    pid = 3,
    generation = 4,
    parcel_kinds = 5,
    version = 6,
    build = 7,
    binary = 8,
    workers = 9,
    exit_code = 10,
    reason = 11,
    deadline = 12,
    close_spread = 13,
    idle_grace_until = 14,
    first_link = 15,
    features = 16,
    on_trial = 17,
    decision = 18,
    share = 19,
    processes = 20,
    names = 21,
    is_last = 22,
    end_
};

template <class Integer>
void put(std::string& out, Integer value) {
    auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = 0; i < sizeof bits; ++i) {
        out.push_back(static_cast<char>(bits & 0xFF));
        bits = static_cast<decltype(bits)>(bits >> 7 >> 1);  // in two steps: a byte cannot be shifted by 8
    }
}

template <class Integer>
Integer get(std::span<const std::byte> bytes) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        bits |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    return static_cast<Integer>(bits);
}

class Writer {
public:
    explicit Writer(Kind kind) {
        put(out_, magic);
        put(out_, static_cast<std::uint16_t>(kind));
        put(out_, std::uint16_t{0});
    }
    template <class Integer>
    requires std::is_integral_v<Integer> Writer& field(Tag tag, Integer value) {
        put(out_, static_cast<std::uint16_t>(tag));
        put(out_, static_cast<std::uint16_t>(sizeof value));
        put(out_, value);
        return *this;
    }
    Writer& field(Tag tag, const std::string& text) {
        const auto length = std::min(text.size(), longest_control_text);
        put(out_, static_cast<std::uint16_t>(tag));
        put(out_, static_cast<std::uint16_t>(length));
        out_.append(text, 0, length);
        return *this;
    }
    std::string take() {
        const auto length = static_cast<std::uint16_t>(out_.size() - header_size);
        out_[6] = static_cast<char>(length & 0xFF);
        out_[7] = static_cast<char>(length >> 8);
        return std::move(out_);
    }

private:
    std::string out_;
};

/// The fields of one message, each tag at most once.
class Reader {
public:
    /// False when the fields do not fill `bytes` exactly, or one comes twice.
    bool read(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            if (bytes.size() < 4) return false;
            const auto tag = get<std::uint16_t>(bytes);
            const std::size_t length = get<std::uint16_t>(bytes.subspan(2));
            bytes = bytes.subspan(4);
            if (bytes.size() < length) return false;
            if (tag < fields_.size() && tag != 0) {
                if (fields_[tag]) return false;
                fields_[tag] = bytes.first(length);
            }
            bytes = bytes.subspan(length);
        }
        return true;
    }
    template <class Integer>
    requires std::is_integral_v<Integer>
    void take(Tag tag, Integer& value) {
        const auto& field = fields_[static_cast<std::size_t>(tag)];
        if (!field || field->size() != sizeof value) {
            complete_ = false;
            return;
        }
        value = get<Integer>(*field);
    }
    void take(Tag tag, std::string& text) {
        const auto& field = fields_[static_cast<std::size_t>(tag)];
        if (!field || field->size() > longest_control_text) {
            complete_ = false;
            return;
        }
        text.assign(reinterpret_cast<const char*>(field->data()), field->size());
    }
    /// Of a field that came later than its message: without it the value stays.
    template <class Integer>
    void take_if_there(Tag tag, Integer& value) {
        if (fields_[static_cast<std::size_t>(tag)]) take(tag, value);
    }
    /// Every field that was taken was there and of its width.
    bool complete() const { return complete_; }

private:
    std::array<std::optional<std::span<const std::byte>>, static_cast<std::size_t>(Tag::end_)> fields_{};
    bool complete_ = true;
};

std::string encode_message(const Hello& hello) {
    Writer writer(Kind::hello);
    writer.field(Tag::lowest_protocol, hello.lowest)
        .field(Tag::highest_protocol, hello.highest)
        .field(Tag::pid, hello.pid)
        .field(Tag::generation, hello.generation)
        .field(Tag::parcel_kinds, hello.parcel_kinds)
        .field(Tag::version, hello.version)
        .field(Tag::build, hello.build)
        .field(Tag::binary, hello.binary);
    if (hello.features != 0) writer.field(Tag::features, hello.features);
    return writer.take();
}
std::string encode_message(const Ready& ready) {
    return Writer(Kind::ready)
        .field(Tag::generation, ready.generation)
        .field(Tag::workers, ready.workers)
        .take();
}
std::string encode_message(const Failed& failed) {
    return Writer(Kind::failed)
        .field(Tag::exit_code, failed.exit_code)
        .field(Tag::reason, failed.reason)
        .take();
}
std::string encode_message(const Commit& commit) {
    Writer writer(Kind::commit);
    if (commit.on_trial) writer.field(Tag::on_trial, std::uint8_t{1});
    if (commit.share != Commit{}.share) writer.field(Tag::share, commit.share);
    return writer.take();
}
std::string encode_message(const Accepting&) {
    return Writer(Kind::accepting).take();
}
std::string encode_message(const Stop& stop) {
    return Writer(Kind::stop)
        .field(Tag::generation, stop.generation)
        .field(Tag::deadline, stop.deadline)
        .field(Tag::close_spread, stop.close_spread)
        .field(Tag::idle_grace_until, stop.idle_grace_until)
        .take();
}
std::string encode_message(const Reopen&) {
    return Writer(Kind::reopen).take();
}
std::string encode_message(const HandOver& hand_over) {
    return Writer(Kind::hand_over)
        .field(Tag::generation, hand_over.generation)
        .field(Tag::first_link, hand_over.first)
        .take();
}
std::string encode_message(const Invite& invite) {
    return Writer(Kind::invite)
        .field(Tag::generation, invite.generation)
        .field(Tag::parcel_kinds, invite.parcel_kinds)
        .field(Tag::workers, invite.workers)
        .take();
}

std::string encode_message(const Decide& decide) {
    return Writer(Kind::decide).field(Tag::decision, static_cast<std::uint8_t>(decide.decision)).take();
}
std::string encode_message(const TrialOver&) {
    return Writer(Kind::trial_over).take();
}
std::string encode_message(const Share& share) {
    return Writer(Kind::share).field(Tag::share, share.share).take();
}
std::string encode_message(const Estate& estate) {
    Writer writer(Kind::estate);
    writer.field(Tag::generation, estate.generation)
        .field(Tag::processes, estate.processes)
        .field(Tag::names, estate.names);
    if (estate.is_last) writer.field(Tag::is_last, std::uint8_t{1});
    return writer.take();
}
std::string encode_message(const Return& message) {
    return Writer(Kind::return_)
        .field(Tag::generation, message.generation)
        .field(Tag::first_link, message.first)
        .take();
}

Hello read_hello(Reader& fields) {
    Hello hello;
    fields.take(Tag::lowest_protocol, hello.lowest);
    fields.take(Tag::highest_protocol, hello.highest);
    fields.take(Tag::pid, hello.pid);
    fields.take(Tag::generation, hello.generation);
    fields.take(Tag::parcel_kinds, hello.parcel_kinds);
    fields.take(Tag::version, hello.version);
    fields.take(Tag::build, hello.build);
    fields.take(Tag::binary, hello.binary);
    fields.take_if_there(Tag::features, hello.features);
    return hello;
}
Ready read_ready(Reader& fields) {
    Ready ready;
    fields.take(Tag::generation, ready.generation);
    fields.take(Tag::workers, ready.workers);
    return ready;
}
Failed read_failed(Reader& fields) {
    Failed failed;
    fields.take(Tag::exit_code, failed.exit_code);
    fields.take(Tag::reason, failed.reason);
    return failed;
}
Stop read_stop(Reader& fields) {
    Stop stop;
    fields.take(Tag::generation, stop.generation);
    fields.take(Tag::deadline, stop.deadline);
    fields.take(Tag::close_spread, stop.close_spread);
    fields.take(Tag::idle_grace_until, stop.idle_grace_until);
    return stop;
}
HandOver read_hand_over(Reader& fields) {
    HandOver hand_over;
    fields.take(Tag::generation, hand_over.generation);
    fields.take(Tag::first_link, hand_over.first);
    return hand_over;
}
Invite read_invite(Reader& fields) {
    Invite invite;
    fields.take(Tag::generation, invite.generation);
    fields.take(Tag::parcel_kinds, invite.parcel_kinds);
    fields.take(Tag::workers, invite.workers);
    return invite;
}

Commit read_commit(Reader& fields) {
    std::uint8_t on_trial = 0;
    Commit commit;
    fields.take_if_there(Tag::on_trial, on_trial);
    fields.take_if_there(Tag::share, commit.share);
    commit.on_trial = on_trial != 0;
    return commit;
}
Share read_share(Reader& fields) {
    Share share;
    fields.take(Tag::share, share.share);
    return share;
}
Estate read_estate(Reader& fields) {
    std::uint8_t is_last = 0;
    Estate estate;
    fields.take(Tag::generation, estate.generation);
    fields.take(Tag::processes, estate.processes);
    fields.take(Tag::names, estate.names);
    fields.take_if_there(Tag::is_last, is_last);
    estate.is_last = is_last != 0;
    return estate;
}
std::optional<ControlMessage> read_decide(Reader& fields) {
    std::uint8_t decision = 0;
    fields.take(Tag::decision, decision);
    const Decide decide{static_cast<Decide::Decision>(decision)};
    if (decide.decision != Decide::Decision::keep && decide.decision != Decide::Decision::give_back)
        return std::nullopt;
    return decide;
}
Return read_return(Reader& fields) {
    Return message;
    fields.take(Tag::generation, message.generation);
    fields.take(Tag::first_link, message.first);
    return message;
}

std::optional<ControlMessage> read_message(std::uint16_t kind, Reader& fields) {
    if (kind < static_cast<std::uint16_t>(Kind::hello) || kind >= static_cast<std::uint16_t>(Kind::end_))
        return std::nullopt;
    switch (static_cast<Kind>(kind)) {
        case Kind::hello: return read_hello(fields);
        case Kind::ready: return read_ready(fields);
        case Kind::failed: return read_failed(fields);
        case Kind::commit: return read_commit(fields);
        case Kind::accepting: return Accepting{};
        case Kind::stop: return read_stop(fields);
        case Kind::reopen: return Reopen{};
        case Kind::hand_over: return read_hand_over(fields);
        case Kind::invite: return read_invite(fields);
        case Kind::decide: return read_decide(fields);
        case Kind::trial_over: return TrialOver{};
        case Kind::return_: return read_return(fields);
        case Kind::share: return read_share(fields);
        case Kind::estate: return read_estate(fields);
        case Kind::end_: break;
    }
    return std::nullopt;
}

}  // namespace

std::string encode(const ControlMessage& message) {
    return std::visit([](const auto& m) { return encode_message(m); }, message);
}

Result<ControlMessage> decode(std::span<const std::byte> bytes) {
    const auto bad = failure(Reason::bad_message, Side::internal);
    if (bytes.size() < header_size || bytes.size() > longest_control_message) return bad;
    const auto kind = get<std::uint16_t>(bytes.subspan(4));
    const auto length = get<std::uint16_t>(bytes.subspan(6));
    if (get<std::uint32_t>(bytes) != magic || bytes.size() != header_size + length) return bad;
    Reader fields;
    if (!fields.read(bytes.subspan(header_size))) return bad;
    auto message = read_message(kind, fields);
    if (!message || !fields.complete()) return bad;
    return std::move(*message);
}

std::uint16_t common_protocol(const Hello& one, const Hello& other) {
    const auto highest = std::min(one.highest, other.highest);
    return highest >= std::max(one.lowest, other.lowest) ? highest : std::uint16_t{0};
}

}  // namespace baton::upgrade
