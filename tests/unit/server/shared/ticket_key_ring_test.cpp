#include "server/shared/ticket_key_ring.h"

#include "server/shared/lineage_memory.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace baton;
using namespace baton::shared;

namespace {

using Keys = std::array<TicketKey, TicketKeyRing::most_keys>;

/// A key of nothing but this byte.
TicketKey key_of(std::uint8_t byte) {
    TicketKey key;
    std::memset(&key, byte, sizeof key);
    return key;
}

std::vector<TicketKey> keys_of(std::uint8_t byte, std::size_t count) {
    return std::vector<TicketKey>(count, key_of(byte));
}

bool is_whole(const TicketKey& key, std::uint8_t byte) {
    const TicketKey wanted = key_of(byte);
    return std::memcmp(&key, &wanted, sizeof key) == 0;
}

/// How many keys there are when all are of one byte; -1 otherwise.
int whole_keys(const TicketKeyRing& ring) {
    Keys keys;
    const std::size_t count = ring.read(keys);
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_whole(keys[i], keys[0].name[0])) return -1;
    }
    return static_cast<int>(count);
}

/// What a writer leaves that was killed inside `replace`: the version is the first member.
void break_off_a_write(TicketKeyRing& ring) {
    *reinterpret_cast<std::atomic<std::uint64_t>*>(&ring) |= 1U;
}

LineageMemory fresh() {
    auto memory = LineageMemory::create();
    BOOST_REQUIRE(memory.has_value());
    return std::move(*memory);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ticket_key_ring)

BOOST_AUTO_TEST_CASE(a_fresh_ring_has_no_keys) {
    auto memory = fresh();
    BOOST_TEST(memory.ticket_keys().version() == 0U);
    BOOST_TEST(whole_keys(memory.ticket_keys()) == 0);
}

BOOST_AUTO_TEST_CASE(a_replacement_is_seen_whole_and_changes_the_version) {
    TicketKeyRing ring;
    ring.replace(keys_of(7, 3));
    BOOST_TEST(ring.version() == 1U);
    BOOST_TEST(whole_keys(ring) == 3);
    ring.replace(keys_of(8, TicketKeyRing::most_keys));
    ring.replace(keys_of(9, 1));
    BOOST_TEST(ring.version() == 3U);
    BOOST_TEST(whole_keys(ring) == 1);
}

BOOST_AUTO_TEST_CASE(a_key_that_was_replaced_is_nowhere_in_the_memory) {
    TicketKeyRing ring;
    ring.replace(keys_of(0xab, TicketKeyRing::most_keys));
    ring.replace(keys_of(1, 1));
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&ring);
    BOOST_TEST(std::count(bytes, bytes + sizeof ring, 0xab) == 0);
}

BOOST_AUTO_TEST_CASE(a_reader_that_meets_a_writer_never_gets_half_of_a_replacement) {
    TicketKeyRing ring;
    ring.replace(keys_of(1, 4));
    std::atomic<bool> over{false};
    std::vector<std::thread> readers;
    std::atomic<int> torn{0};
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!over) torn += whole_keys(ring) == -1 ? 1 : 0;
        });
    for (int round = 0; round < 20'000; ++round)
        ring.replace(keys_of(static_cast<std::uint8_t>(round), static_cast<std::size_t>(round % 16) + 1));
    over = true;
    for (auto& reader : readers) reader.join();
    BOOST_TEST(torn == 0);
}

BOOST_AUTO_TEST_CASE(nobody_waits_for_a_writer_that_has_died) {
    TicketKeyRing ring;
    ring.replace(keys_of(1, 4));
    break_off_a_write(ring);
    BOOST_TEST(whole_keys(ring) == 0);
    ring.replace(keys_of(2, 2));
    BOOST_TEST(whole_keys(ring) == 2);
}

BOOST_AUTO_TEST_CASE(the_next_master_goes_on_wherever_the_last_one_was_killed) {
    auto memory = fresh();
    TicketKeyRing& ring = memory.ticket_keys();
    for (int round = 0; round < 20; ++round) {
        const auto before = ring.version();
        const pid_t writer = ::fork();
        if (writer == 0) {
            for (std::uint8_t byte = 0;; ++byte) ring.replace(keys_of(byte, 16));
        }
        while (ring.version() < before + 100) ::usleep(0);
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
        BOOST_TEST(whole_keys(ring) >= 0);
        ring.replace(keys_of(5, 3));
        BOOST_TEST(whole_keys(ring) == 3);
    }
}

BOOST_AUTO_TEST_CASE(a_successor_finds_the_keys_of_its_predecessor) {
    auto memory = fresh();
    memory.ticket_keys().replace(keys_of(3, 2));
    auto successor = LineageMemory::attach(Fd{::dup(memory.descriptor())});
    BOOST_REQUIRE(successor.has_value());
    BOOST_TEST(whole_keys(successor->ticket_keys()) == 2);
    successor->ticket_keys().replace(keys_of(4, 1));
    BOOST_TEST(whole_keys(memory.ticket_keys()) == 1);
}

BOOST_AUTO_TEST_CASE(no_core_dump_holds_the_pages_of_the_keys) {
    auto memory = fresh();
    const auto address = reinterpret_cast<std::uintptr_t>(&memory.ticket_keys());
    std::ifstream maps("/proc/self/smaps");
    bool inside = false;
    std::string flags;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
            inside = begin <= address && address < end;
        if (inside && line.starts_with("VmFlags:")) flags = line;
    }
    BOOST_TEST(flags.find(" dd") != std::string::npos, flags);
}

BOOST_AUTO_TEST_SUITE_END()
