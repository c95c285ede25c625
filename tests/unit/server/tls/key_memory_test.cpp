#include "server/tls/key_memory.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace baton::tls;

namespace {

/// The flags that the kernel keeps of the mapping around `address` (proc(5), `VmFlags`).
std::string mapping_flags(const void* address) {
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream maps{"/proc/self/smaps"};
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t begin = 0, end = 0;
        char dash = 0;
        std::istringstream range{line};
        if (range >> std::hex >> begin >> dash >> end && dash == '-')
            inside = wanted >= begin && wanted < end;
        if (inside && line.starts_with("VmFlags:")) return line;
    }
    return {};
}

bool all_zero(const void* memory, std::size_t size) {
    const auto* const bytes = static_cast<const unsigned char*>(memory);
    return std::all_of(bytes, bytes + size, [](unsigned char byte) { return byte == 0; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_memory)

BOOST_AUTO_TEST_CASE(keys_lie_in_memory_that_is_locked_and_left_out_of_core_dumps) {
    KeyMemory memory;
    const HeldKeys keys = memory.take();
    BOOST_REQUIRE(keys);
    const std::string flags = mapping_flags(keys.get());
    BOOST_TEST_INFO(flags);
    BOOST_TEST((flags.find(" dd") != std::string::npos));
#ifndef __SANITIZE_ADDRESS__  // which makes mlock do nothing
    BOOST_TEST((flags.find(" lo") != std::string::npos));
#endif
    BOOST_TEST(memory.owns(keys.get()));
    BOOST_TEST(!memory.owns(&memory));
}

BOOST_AUTO_TEST_CASE(a_released_cell_holds_no_key_any_more) {
    KeyMemory memory;
    HeldKeys keys = memory.take();
    const void* const cell = keys.get();
    keys->reading.secret.fill(0xaa);
    keys->writing.key.fill(0xbb);
    keys->writing.sequence = UINT64_MAX;
    keys.reset();
    BOOST_TEST(memory.in_use() == 0u);
    // The link to the next free cell lies in front.
    BOOST_TEST(all_zero(static_cast<const char*>(cell) + sizeof(void*), sizeof(RecordState) - sizeof(void*)));
}

BOOST_AUTO_TEST_CASE(a_cell_is_taken_zeroed_and_used_again) {
    KeyMemory memory;
    HeldKeys keys = memory.take();
    const void* const cell = keys.get();
    keys->suite = 0x1301;
    keys.reset();
    keys = memory.take();
    BOOST_TEST(keys.get() == cell);
    BOOST_TEST(all_zero(keys.get(), sizeof(RecordState)));
}

BOOST_AUTO_TEST_CASE(thousands_of_cells_lie_apart) {
    KeyMemory memory;
    std::vector<HeldKeys> held;
    std::vector<std::uintptr_t> addresses;
    for (int i = 0; i < 3000; ++i) {
        held.push_back(memory.take());
        BOOST_REQUIRE(held.back());
        addresses.push_back(reinterpret_cast<std::uintptr_t>(held.back().get()));
    }
    BOOST_TEST(memory.in_use() == 3000u);
    std::ranges::sort(addresses);
    for (std::size_t i = 1; i < addresses.size(); ++i)
        BOOST_REQUIRE(addresses[i] - addresses[i - 1] >= sizeof(RecordState));
    held.clear();
    BOOST_TEST(memory.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(trimming_unmaps_what_holds_no_key_and_leaves_the_rest) {
    KeyMemory memory;
    std::vector<HeldKeys> held;
    for (int i = 0; i < 1000; ++i) held.push_back(memory.take());
    HeldKeys stays = std::move(held[500]);
    stays->suite = 0x1301;
    const void* const first = held.front().get();
    held.clear();
    memory.trim();
    BOOST_TEST(!memory.owns(first));
    BOOST_TEST(memory.owns(stays.get()));
    BOOST_TEST(stays->suite == 0x1301);
    for (int i = 0; i < 1000; ++i) held.push_back(memory.take());
    for (const HeldKeys& keys : held) {
        BOOST_REQUIRE(all_zero(keys.get(), sizeof(RecordState)));
        BOOST_REQUIRE(keys.get() != stays.get());
    }
    BOOST_TEST(memory.in_use() == 1001u);
}

BOOST_AUTO_TEST_SUITE_END()
