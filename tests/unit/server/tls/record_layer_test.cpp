#include "server/tls/record_layer.h"

#include "tests/support/record_pair.h"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace baton;
using namespace baton::test;
namespace data = boost::unit_test::data;
using namespace std::literals;

namespace {

/// Of each record, the header included.
std::vector<std::size_t> record_lengths(std::string_view wire) {
    std::vector<std::size_t> lengths;
    tls::RecordHeader header{};
    while (tls::read_header(wire, header) == tls::Framed::complete_header) {
        lengths.push_back(header.length);
        wire.remove_prefix(header.length);
    }
    BOOST_TEST(wire.empty());
    return lengths;
}

/// A queue whose slices have all kinds of lengths.
ByteQueue in_slices(BlockPool& blocks, std::string_view text, std::uint32_t seed) {
    std::mt19937 random{seed};
    ByteQueue queue{blocks};
    while (!text.empty()) {
        ReceiveBuffer buffer{blocks};
        const auto room = buffer.prepare();
        const std::size_t longest = random() % 3 == 0 ? 17 : room.size();
        const std::size_t length = std::min({std::size_t{1} + random() % longest, text.size(), room.size()});
        std::copy_n(text.begin(), length, room.begin());
        buffer.commit(length);
        queue.append(buffer.take_slice(length));
        text.remove_prefix(length);
    }
    return queue;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_layer)

BOOST_DATA_TEST_CASE(bytes_come_out_as_they_went_in_whatever_the_slices_and_calls, data::make(every_suite),
                     suite) {
    RecordPair pair{suite};
    std::mt19937 random{suite};
    for (std::uint32_t round = 0; round < 60; ++round) {
        const std::string text = noise(random() % (round % 3 == 0 ? 100'000 : 3000), round);
        RecordEnd& from = round % 2 == 0 ? pair.client : pair.server;
        RecordEnd& to = round % 2 == 0 ? pair.server : pair.client;
        ByteQueue plaintext = in_slices(pair.world.blocks, text, round);
        ByteQueue records{pair.world.blocks};
        while (!plaintext.empty()) {
            const std::size_t before = plaintext.size();
            const std::size_t part = 1 + random() % 40'000;
            BOOST_REQUIRE(from.layer.seal(plaintext, part, records));
            BOOST_REQUIRE(plaintext.size() == before - std::min(part, before));
        }
        BOOST_REQUIRE(to.open(records.to_string()).data == text);
        BOOST_REQUIRE(to.take_replies().empty());
    }
}

BOOST_AUTO_TEST_CASE(records_are_a_segment_long_until_64_kib_have_left_and_then_as_long_as_can_be) {
    for (const std::uint16_t suite : every_suite) {
        RecordPair pair{suite};
        const std::size_t overhead = tls::record_overhead(*tls::find_suite(suite));
        const auto lengths = record_lengths(pair.client.seal(noise(150'000, 1)));
        std::size_t sealed = 0;
        for (std::size_t i = 0; i + 1 < lengths.size(); ++i) {
            BOOST_REQUIRE(lengths[i] == (sealed < 65'536 ? 1400 : 16'384 + overhead));
            sealed += lengths[i] - overhead;
        }
        BOOST_TEST(record_lengths(pair.client.seal(noise(16'384, 2))).size() == 1u);
    }
}

BOOST_AUTO_TEST_CASE(a_silent_connection_begins_with_short_records_again) {
    RecordPair pair{0x1301};
    pair.client.seal(noise(100'000, 1));
    BOOST_TEST(record_lengths(pair.client.seal(noise(10'000, 2))).size() == 1u);
    pair.client.layer.cool_down();
    BOOST_TEST(record_lengths(pair.client.seal(noise(10'000, 3))).front() == 1400u);
}

BOOST_AUTO_TEST_CASE(an_answer_that_fits_a_segment_is_one_record) {
    RecordPair pair{0x1301};
    BOOST_TEST(record_lengths(pair.client.seal(noise(1378, 1))).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_whole_record_fits_one_block) {
    RecordPair pair{0xc02b};
    pair.client.seal(noise(100'000, 1));
    ByteQueue plaintext{pair.world.blocks}, records{pair.world.blocks};
    plaintext.append(noise(16'384, 2));
    BOOST_REQUIRE(pair.client.layer.seal(plaintext, plaintext.size(), records));
    BOOST_TEST(records.front().size() == 16'384u + 29u);
    BOOST_TEST(pair.world.blocks.in_use() == 1u);
}

BOOST_AUTO_TEST_CASE(no_record_is_longer_than_the_peer_takes) {
    RecordPair pair{0x1302, [](tls::RecordState& state) { state.longest_plaintext = 512; }};
    const std::string text = noise(100'000, 1);
    const std::string wire = pair.client.seal(text);
    for (const std::size_t length : record_lengths(wire)) BOOST_REQUIRE(length <= 512 + 22);
    BOOST_TEST(pair.server.open(wire).data == text);
}

BOOST_DATA_TEST_CASE(no_nonce_is_used_twice, data::make({0xc02b, 0xc030}), suite) {
    RecordPair pair{static_cast<std::uint16_t>(suite),
                    [](tls::RecordState& state) { state.writing.explicit_nonce = UINT64_MAX - 20; }};
    std::set<std::string> nonces;
    std::string wire = pair.client.seal(noise(100'000, 1));
    wire += pair.client.close_notify();
    std::size_t at = 0;
    for (const std::size_t length : record_lengths(wire)) {
        BOOST_REQUIRE(nonces.insert(wire.substr(at + tls::record_header_length, 8)).second);
        at += length;
    }
    BOOST_TEST(pair.server.open(wire).data.size() == 100'000u);
}

BOOST_AUTO_TEST_CASE(the_same_text_never_looks_the_same) {
    for (const std::uint16_t suite : every_suite) {
        RecordPair pair{suite};
        std::set<std::string> seen;
        for (int i = 0; i < 100; ++i) BOOST_REQUIRE(seen.insert(pair.client.seal("the same")).second);
        for (int i = 0; i < 100; ++i) BOOST_REQUIRE(seen.insert(pair.server.seal("the same")).second);
    }
}

BOOST_AUTO_TEST_CASE(a_sealed_record_counts_even_if_nobody_sends_it) {
    RecordPair pair{0x1303};
    pair.client.seal("lost");
    BOOST_TEST(pair.client.layer.state().writing.sequence == 1u);
    BOOST_TEST((pair.server.open(pair.client.seal("late")).last == Opened::failed));
}

BOOST_AUTO_TEST_CASE(an_opened_record_lands_behind_what_is_unread_in_the_buffer) {
    RecordPair pair{0x1301};
    ReceiveBuffer received{pair.world.blocks};
    ByteQueue replies{pair.world.blocks};
    std::string expected;
    for (std::uint32_t i = 0; i < 40; ++i) {
        const std::string text = noise(1 + i * 37, i);
        expected += text;
        const std::string record = pair.client.seal(text);
        for (std::size_t at = 0; const std::size_t length : record_lengths(record)) {
            BOOST_REQUIRE((pair.server.layer.open({&record[at], length}, received, replies) == Opened::data));
            at += length;
        }
    }
    BOOST_TEST(received.data() == expected);
}

BOOST_AUTO_TEST_CASE(a_record_that_brings_no_data_leaves_no_block_behind) {
    RecordPair pair{0x1301};
    pair.server.open(pair.client.close_notify());
    BOOST_TEST(pair.world.blocks.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_peer_sends_after_its_close_notify_is_ignored) {
    RecordPair pair{0x1301};
    Forger forger{pair.world, 0x1301, Role::client};
    std::string wire = forger.seal(ContentType::alert, {"\x01\0", 2});
    wire += forger.seal(ContentType::application_data, "more");
    wire += std::string{"\x17\x03\x03\0\x01z", 6};
    const Arrival arrival = pair.server.open(wire);
    BOOST_TEST((arrival.last == Opened::closed));
    BOOST_TEST(arrival.records == 3u);
    BOOST_TEST(arrival.data.empty());
    BOOST_TEST(pair.server.layer.state().read_closed);
    BOOST_TEST(pair.client.open(pair.server.seal("the other direction goes on")).data.size() == 27u);
}

BOOST_AUTO_TEST_CASE(close_notify_is_sealed_once_and_nothing_after_it) {
    for (const std::uint16_t suite : every_suite) {
        RecordPair pair{suite};
        const std::string closing = pair.client.close_notify();
        BOOST_TEST(!closing.empty());
        BOOST_TEST(pair.client.close_notify().empty());
        BOOST_TEST(pair.client.seal("more").empty());
        BOOST_TEST(!pair.client.sealed());
        BOOST_TEST(pair.client.fail(Alert::internal_error).empty());
        BOOST_TEST((pair.server.open(closing).last == Opened::closed));
    }
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_keys_goes_on_elsewhere_and_the_one_that_has_left_refuses_everything) {
    for (const std::uint16_t suite : every_suite) {
        RecordPair pair{suite};
        BOOST_TEST(pair.server.open(pair.client.seal("before")).data == "before");
        BOOST_REQUIRE(pair.client.layer.movable());
        HeldKeys copy = pair.world.workspace->keys.take();
        *copy = pair.client.layer.state();
        RecordEnd elsewhere{pair.world, std::move(copy), pair.client.layer.layer_state()};
        pair.client.layer.leave();
        BOOST_TEST(!pair.client.layer.movable());
        BOOST_TEST(pair.client.seal("again").empty());
        BOOST_TEST(!pair.client.sealed());
        BOOST_TEST(pair.client.close_notify().empty());
        BOOST_TEST(pair.client.fail(Alert::internal_error).empty());
        BOOST_TEST((pair.client.open("\x17\x03\x03\0\x01x"sv).last == Opened::failed));
        BOOST_TEST(pair.server.open(elsewhere.seal("after")).data == "after");
        BOOST_TEST(elsewhere.open(pair.server.seal("answer")).data == "answer");
    }
}

BOOST_AUTO_TEST_CASE(a_record_layer_that_ends_gives_its_cell_back) {
    RecordWorld world;
    {
        RecordEnd end{world, made_up_keys(*world.workspace, 0x1301, Role::server)};
        RecordLayer moved{std::move(end.layer)};
        BOOST_TEST(world.workspace->keys.in_use() == 1u);
    }
    BOOST_TEST(world.workspace->keys.in_use() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
