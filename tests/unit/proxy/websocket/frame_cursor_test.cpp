#include "proxy/websocket/frame_cursor.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

using namespace baton::websocket;

namespace baton::websocket {
std::ostream& operator<<(std::ostream& out, CursorStatus status) {
    const char* const names[] = {"ok", "close_seen", "protocol_error", "frame_too_large"};
    return out << names[static_cast<unsigned>(status)];
}
}  // namespace baton::websocket

namespace {

constexpr unsigned fin = 0x80, rsv1 = 0x40, rsv2 = 0x20, rsv3 = 0x10;

std::string bytes(std::initializer_list<unsigned> values) {
    std::string text;
    for (const unsigned value : values) text.push_back(static_cast<char>(value));
    return text;
}

/// A frame with a length in its shortest form; a client's is masked with the key 1 2 3 4.
std::string frame(Sender sender, unsigned first, std::string payload) {
    const unsigned mask = sender == Sender::client ? 0x80 : 0;
    std::string text = bytes({first});
    if (payload.size() < 126)
        text += bytes({mask | static_cast<unsigned>(payload.size())});
    else if (payload.size() < 65536)
        text += bytes({mask | 126, static_cast<unsigned>(payload.size() >> 8),
                       static_cast<unsigned>(payload.size() & 255)});
    else
        text += bytes({mask | 127, 0, 0, 0, 0, 0, static_cast<unsigned>(payload.size() >> 16),
                       static_cast<unsigned>(payload.size() >> 8 & 255),
                       static_cast<unsigned>(payload.size() & 255)});
    if (sender == Sender::client) {
        text += bytes({1, 2, 3, 4});
        for (std::size_t i = 0; i < payload.size(); ++i)
            payload[i] = static_cast<char>(payload[i] ^ static_cast<char>(i % 4 + 1));
    }
    return text + payload;
}

std::string server_frame(unsigned first, const std::string& payload) {
    return frame(Sender::server, first, payload);
}

CursorStatus pass_all(Sender sender, const std::string& text) {
    return FrameCursor{sender, UINT64_MAX}.pass(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame_cursor)

BOOST_AUTO_TEST_CASE(whole_frames_of_every_length_form_leave_the_cursor_between_frames) {
    for (const Sender sender : {Sender::client, Sender::server}) {
        FrameCursor cursor{sender, UINT64_MAX};
        for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 70000u}) {
            const std::string text = frame(sender, fin | 2, std::string(size, 'x'));
            BOOST_TEST(cursor.pass(text) == CursorStatus::ok);
            BOOST_TEST(cursor.passed() == text.size());
            BOOST_TEST(cursor.between_frames());
        }
        BOOST_TEST(cursor.frames() == 7u);
        BOOST_TEST(cursor.messages() == 7u);
    }
}

BOOST_AUTO_TEST_CASE(the_cursor_knows_at_every_byte_whether_it_is_between_frames) {
    for (const Sender sender : {Sender::client, Sender::server}) {
        const std::string first = frame(sender, 1, "hello"), ping = frame(sender, fin | 9, ""),
                          last = frame(sender, fin, "!");
        const std::string text = first + ping + last;
        FrameCursor cursor{sender, UINT64_MAX};
        for (std::size_t i = 0; i < text.size(); ++i) {
            const bool at_boundary = i == 0 || i == first.size() || i == first.size() + ping.size();
            BOOST_TEST(cursor.between_frames() == at_boundary);
            BOOST_TEST(cursor.pass({&text[i], 1}) == CursorStatus::ok);
        }
        BOOST_TEST(cursor.between_frames());
        BOOST_TEST(cursor.frames() == 3u);
        BOOST_TEST(cursor.messages() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(masking_is_for_clients_and_only_for_them) {
    BOOST_TEST(pass_all(Sender::client, frame(Sender::server, fin | 1, "x")) == CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, frame(Sender::client, fin | 1, "x")) == CursorStatus::protocol_error);
}

BOOST_AUTO_TEST_CASE(reserved_opcodes_are_protocol_errors) {
    for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u})
        BOOST_TEST(pass_all(Sender::server, server_frame(fin | opcode, "")) == CursorStatus::protocol_error);
}

BOOST_AUTO_TEST_CASE(reserved_bits_belong_to_extensions_on_data_and_to_nobody_on_control_frames) {
    for (const unsigned bit : {rsv1, rsv2, rsv3}) {
        BOOST_TEST(pass_all(Sender::server, server_frame(fin | bit | 1, "x")) == CursorStatus::ok);
        BOOST_TEST(pass_all(Sender::server, server_frame(fin | bit | 9, "x")) ==
                   CursorStatus::protocol_error);
    }
    BOOST_TEST(pass_all(Sender::server, server_frame(rsv1 | 2, "x") + server_frame(fin, "y")) ==
               CursorStatus::ok);
}

BOOST_AUTO_TEST_CASE(control_frames_are_short_and_whole) {
    BOOST_TEST(pass_all(Sender::server, server_frame(fin | 9, std::string(125, 'x'))) == CursorStatus::ok);
    BOOST_TEST(pass_all(Sender::server, server_frame(fin | 9, std::string(126, 'x'))) ==
               CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, server_frame(9, "x")) == CursorStatus::protocol_error);
}

BOOST_AUTO_TEST_CASE(fragments_follow_a_beginning_and_messages_do_not_interleave) {
    BOOST_TEST(pass_all(Sender::server, server_frame(fin, "x")) == CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, server_frame(1, "x") + server_frame(fin | 1, "y")) ==
               CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, server_frame(1, "x") + server_frame(fin | 10, "") +
                                            server_frame(fin, "y")) == CursorStatus::ok);
}

BOOST_AUTO_TEST_CASE(a_length_in_a_longer_form_than_needed_or_with_the_top_bit_is_a_protocol_error) {
    BOOST_TEST(pass_all(Sender::server, bytes({fin | 2, 126, 0, 125})) == CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, bytes({fin | 2, 127, 0, 0, 0, 0, 0, 0, 255, 255})) ==
               CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, bytes({fin | 2, 127, 128, 0, 0, 0, 0, 1, 0, 0})) ==
               CursorStatus::protocol_error);
    BOOST_TEST(pass_all(Sender::server, bytes({fin | 2, 127, 127, 255, 255, 255, 255, 255, 255, 255})) ==
               CursorStatus::ok);
}

BOOST_AUTO_TEST_CASE(only_what_came_before_an_offending_frame_may_be_relayed) {
    const std::string good = server_frame(fin | 1, "good");
    FrameCursor cursor{Sender::server, UINT64_MAX};
    BOOST_TEST(cursor.pass(good + good + server_frame(fin | 3, "bad")) == CursorStatus::protocol_error);
    BOOST_TEST(cursor.passed() == 2 * good.size());
}

BOOST_AUTO_TEST_CASE(a_frame_above_the_limit_is_refused_by_its_header) {
    FrameCursor cursor{Sender::server, 100};
    const std::string fits = server_frame(fin | 2, std::string(100, 'x'));
    BOOST_TEST(cursor.pass(fits + server_frame(fin | 2, std::string(101, 'x')).substr(0, 2)) ==
               CursorStatus::frame_too_large);
    BOOST_TEST(cursor.passed() == fits.size());
}

BOOST_AUTO_TEST_CASE(a_close_frame_ends_its_direction_and_tells_its_code) {
    for (const Sender sender : {Sender::client, Sender::server}) {
        const std::string close = frame(sender, fin | 8, bytes({1012 >> 8, 1012 & 255}) + "restart");
        for (std::size_t split = 0; split < close.size(); ++split) {
            FrameCursor cursor{sender, UINT64_MAX};
            BOOST_TEST(cursor.close_code() == 0);
            BOOST_TEST(cursor.pass(std::string_view{close}.substr(0, split)) == CursorStatus::ok);
            BOOST_TEST(cursor.pass(std::string_view{close}.substr(split)) == CursorStatus::close_seen);
            BOOST_TEST(cursor.close_code() == 1012);
            BOOST_TEST(cursor.pass("") == CursorStatus::close_seen);
            BOOST_TEST(cursor.pass("x") == CursorStatus::protocol_error);
            BOOST_TEST(cursor.passed() == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_close_frame_are_not_relayed) {
    const std::string close = server_frame(fin | 8, "");
    FrameCursor cursor{Sender::server, UINT64_MAX};
    BOOST_TEST(cursor.pass(close + "x") == CursorStatus::protocol_error);
    BOOST_TEST(cursor.passed() == close.size());
    BOOST_TEST(cursor.close_code() == 1005);
}

BOOST_AUTO_TEST_CASE(a_close_frame_of_one_byte_is_a_protocol_error) {
    BOOST_TEST(pass_all(Sender::server, server_frame(fin | 8, "x")) == CursorStatus::protocol_error);
}

BOOST_AUTO_TEST_CASE(pongs_and_data_are_life_and_pings_are_not) {
    FrameCursor cursor{Sender::client, UINT64_MAX};
    cursor.pass(frame(Sender::client, fin | 9, "x"));
    BOOST_TEST(!cursor.saw_life());
    cursor.pass(frame(Sender::client, fin | 10, "x"));
    BOOST_TEST(cursor.saw_life());
    BOOST_TEST(!cursor.saw_data());
    cursor.pass(frame(Sender::client, fin | 1, ""));
    BOOST_TEST(cursor.saw_data());
    cursor.forget_life();
    BOOST_TEST(!cursor.saw_life());
}

BOOST_AUTO_TEST_CASE(every_part_of_a_long_data_frame_is_life) {
    FrameCursor cursor{Sender::server, UINT64_MAX};
    const std::string text = server_frame(fin | 2, std::string(1000, 'x'));
    cursor.pass(std::string_view{text}.substr(0, 100));
    cursor.forget_life();
    cursor.pass(std::string_view{text}.substr(100, 100));
    BOOST_TEST(cursor.saw_life());
}

BOOST_AUTO_TEST_CASE(what_baton_writes_passes_a_cursor) {
    for (const Sender sender : {Sender::client, Sender::server}) {
        std::array<char, 139> out{};
        FrameCursor cursor{sender, UINT64_MAX};
        const std::size_t ping = write_ping(out.data(), sender, "payload");
        BOOST_TEST(cursor.pass({out.data(), ping}) == CursorStatus::ok);
        BOOST_TEST(ping == (sender == Sender::client ? 13u : 9u));
        const std::size_t close = write_close(out.data(), sender, 1012, std::string(200, 'r'));
        BOOST_TEST(cursor.pass({out.data(), close}) == CursorStatus::close_seen);
        BOOST_TEST(cursor.close_code() == 1012);
    }
}

BOOST_AUTO_TEST_SUITE_END()
