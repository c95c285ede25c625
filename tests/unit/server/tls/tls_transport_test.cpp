#include "tests/unit/server/tls/tls_pair.h"

#include <string>

using namespace baton;
using namespace baton::test;

namespace {

/// Bytes in which no piece equals another.
std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_transport, TlsPair)

BOOST_AUTO_TEST_CASE(an_established_connection_says_what_it_is) {
    Transport& transport = establish();
    BOOST_TEST(transport.is_encrypted());
    BOOST_TEST(transport.tls()->server_name == "a.example");
    BOOST_TEST(transport.tls()->version_name() == "TLSv1.3");
    BOOST_TEST(transport.is_open());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_holds_no_block) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    for (int i = 0; i < 3; ++i) {
        peer.write("ping");
        BOOST_TEST(pump_until([&] { return reading.data.size() == 4 * (static_cast<std::size_t>(i) + 1); }));
        BOOST_TEST(blocks.in_use() == 0U);
    }
    BOOST_TEST(!transport.readable());
    BOOST_TEST(workspace->keys.in_use() == 1U);
}

BOOST_AUTO_TEST_CASE(megabytes_arrive_as_they_were_sent_from_both_sides_at_once) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    const std::string upward = noise(3'000'000);
    const std::string downward = noise(5'000'000);
    ByteQueue unsent{blocks};
    unsent.append(downward);
    reading.on_ready = [&] {
        if (!unsent.empty()) BOOST_TEST((transport.send(unsent).status != IoStatus::failed));
    };
    reading.on_ready();
    BOOST_TEST(peer.write(upward));
    std::string received;
    BOOST_TEST(pump_until([&] {
        received += peer.read();
        return received.size() == downward.size() && reading.data.size() == upward.size();
    }));
    BOOST_TEST((received == downward));
    BOOST_TEST((reading.data == upward));
    BOOST_TEST(reading.largest <= BlockPool::block_size);
    BOOST_TEST(transport.unsent() == 0U);
}

BOOST_AUTO_TEST_CASE(records_are_put_together_from_single_bytes) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    peer.write("first");
    peer.write("second");
    for (const char byte : peer.take()) {
        BOOST_REQUIRE(::send(far.get(), &byte, 1, 0) == 1);
        turn();
    }
    BOOST_TEST(reading.data == "firstsecond");
    BOOST_TEST(blocks.in_use() == 0U);
}

BOOST_AUTO_TEST_CASE(many_records_in_one_read_come_in_pieces_without_another_edge) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    const std::string data = noise(60'000);
    for (std::size_t at = 0; at < data.size(); at += 100) peer.write(std::string_view{data}.substr(at, 100));
    unsent_far = peer.take();
    send_far();
    BOOST_TEST(unsent_far.empty());
    turn();
    BOOST_TEST((reading.data == data));
    BOOST_TEST(!transport.readable());
}

BOOST_AUTO_TEST_CASE(what_is_left_unread_stays_readable) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    reading.paused = true;
    const std::string data = noise(40'000);
    peer.write(data);
    unsent_far = peer.take();
    send_far();
    turn();
    std::string received;
    while (transport.readable()) {
        const IoResult got = transport.receive(reading.into);
        if (got.status == IoStatus::would_block) break;
        BOOST_REQUIRE((got.status == IoStatus::done));
        BOOST_TEST(got.bytes == reading.into.size());
        received += reading.into.data();
        reading.into.consume(reading.into.size());
    }
    BOOST_TEST((received == data));
    BOOST_TEST(!transport.readable());
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_is_not_sealed_for_without_bound) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    reads_far = false;
    ByteQueue unsent{blocks};
    const std::string data = noise(4'000'000);
    unsent.append(data);
    for (int i = 0; i < 100; ++i) {
        transport.send(unsent);
        turn();
    }
    BOOST_TEST(!unsent.empty());
    BOOST_TEST(transport.unsent() > 0U);
    BOOST_TEST(transport.unsent() < 80'000U);
    BOOST_TEST(!transport.writable());
    reads_far = true;
    reading.on_ready = [&] { transport.send(unsent); };
    std::string received;
    BOOST_TEST(pump_until([&] {
        received += peer.read();
        return received.size() == data.size();
    }));
    BOOST_TEST((received == data));
}

BOOST_AUTO_TEST_CASE(sealed_records_leave_by_themselves_and_the_handler_hears_of_it) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    reads_far = false;
    ByteQueue unsent{blocks};
    unsent.append(noise(1'000'000));
    while (transport.send(unsent).bytes > 0) turn();
    const std::size_t left = unsent.size();
    const int calls = reading.calls;
    reads_far = true;
    BOOST_TEST(pump_until([&] { return transport.unsent() == 0; }));
    BOOST_TEST(reading.calls > calls);
    BOOST_TEST(unsent.size() == left);
}

BOOST_AUTO_TEST_CASE(close_notify_is_a_clean_end_behind_the_last_byte) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    peer.write("last");
    SSL_shutdown(peer.ssl.get());
    BOOST_TEST(pump_until([&] { return reading.end.has_value(); }));
    BOOST_TEST(reading.data == "last");
    BOOST_TEST((reading.end->status == IoStatus::closed));
    BOOST_TEST(transport.hung_up());
    BOOST_TEST(!transport.readable());
    // Its side is closed, ours is not.
    ByteQueue answer{blocks};
    answer.append("answer");
    transport.send(answer);
    std::string received;
    BOOST_TEST(pump_until([&] { return (received += peer.read()) == "answer"; }));
}

BOOST_AUTO_TEST_CASE(an_end_without_close_notify_is_no_clean_end) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    peer.write("cut");
    unsent_far = peer.take();
    send_far();
    ::shutdown(far.get(), SHUT_WR);
    for (int i = 0; i < 3; ++i) turn();
    BOOST_TEST(reading.data == "cut");
    BOOST_REQUIRE(reading.end.has_value());
    BOOST_TEST((reading.end->status == IoStatus::failed));
    BOOST_TEST(reading.end->os_error == 0);
}

BOOST_AUTO_TEST_CASE(our_end_comes_behind_everything_that_was_sealed) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    ByteQueue unsent{blocks};
    const std::string data = noise(300'000);
    unsent.append(data);
    reads_far = false;
    while (!unsent.empty() && transport.send(unsent).bytes > 0) {
    }
    const std::size_t taken = data.size() - unsent.size();
    transport.shutdown_write();
    reads_far = true;
    std::string received;
    BOOST_TEST(pump_until([&] {
        received += peer.read();
        return far_ended;
    }));
    BOOST_TEST((received == data.substr(0, taken)));
    BOOST_TEST((SSL_get_shutdown(peer.ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
    // The other direction goes on.
    peer.write("still here");
    BOOST_TEST(pump_until([&] { return reading.data == "still here"; }));
    BOOST_TEST((transport.send(unsent).status == IoStatus::failed));
}

BOOST_AUTO_TEST_CASE(closing_says_close_notify) {
    Transport& transport = establish();
    transport.close();
    BOOST_TEST(!transport.is_open());
    BOOST_TEST(pump_until([&] {
        peer.read();
        return far_ended;
    }));
    BOOST_TEST((SSL_get_shutdown(peer.ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0);
}

BOOST_AUTO_TEST_CASE(a_forged_record_ends_the_connection_with_an_alert) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    peer.write("good");
    unsent_far = peer.take();
    peer.write("forged");
    std::string forged = peer.take();
    forged.back() = static_cast<char>(forged.back() ^ 1);
    unsent_far += forged;
    BOOST_TEST(pump_until([&] { return reading.end.has_value(); }));
    BOOST_TEST(reading.data == "good");
    BOOST_TEST((reading.end->status == IoStatus::failed));
    transport.close();
    BOOST_TEST(pump_until([&] {
        peer.read();
        return far_ended;
    }));
    BOOST_TEST(ERR_GET_REASON(ERR_peek_last_error()) == SSL_AD_REASON_OFFSET + SSL_AD_BAD_RECORD_MAC);
}

BOOST_AUTO_TEST_CASE(what_is_no_record_ends_the_connection) {
    for (const std::string_view garbage : {"GET / HTTP/1.1", "\x17\x03\x03\x60\x01"}) {
        TlsPair fresh;
        Transport& transport = fresh.establish();
        Reading reading{transport, fresh.blocks};
        fresh.unsent_far = garbage;
        BOOST_TEST(fresh.pump_until([&] { return reading.end.has_value(); }));
        BOOST_TEST((reading.end->status == IoStatus::failed));
        BOOST_TEST(reading.end->os_error != 0);
    }
}

BOOST_AUTO_TEST_CASE(a_key_update_of_the_peer_is_followed_and_answered_without_a_word_to_the_handler) {
    Transport& transport = establish();
    Reading reading{transport, blocks};
    for (int i = 0; i < 3; ++i) {
        SSL_key_update(peer.ssl.get(), SSL_KEY_UPDATE_REQUESTED);
        peer.write("updated");
        const std::string expected = reading.data + "updated";
        BOOST_TEST(pump_until([&] { return reading.data == expected; }));
        ByteQueue answer{blocks};
        answer.append("answer");
        transport.send(answer);
        std::string received;
        BOOST_TEST(pump_until([&] { return (received += peer.read()) == "answer"; }));
    }
}

BOOST_AUTO_TEST_SUITE_END()
