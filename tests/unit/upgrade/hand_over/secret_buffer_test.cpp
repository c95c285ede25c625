#include "upgrade/hand_over/secret_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

using namespace baton::upgrade;

namespace {

/// The flags that the kernel shows for the mapping that holds `address` (proc(5), VmFlags).
std::string flags_of_mapping(const void* address) {
    std::ifstream maps{"/proc/self/smaps"};
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    bool inside = false;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0, to = 0;
        char dash = 0;
        std::istringstream range{line};
        if (range >> std::hex >> from >> dash >> to && dash == '-') inside = from <= wanted && wanted < to;
        if (inside && line.starts_with("VmFlags:")) return line;
    }
    return {};
}

bool is_wiped(const char* from, std::size_t size) {
    return std::all_of(from, from + size, [](char byte) { return byte == '\0'; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_buffer)

BOOST_AUTO_TEST_CASE(what_is_appended_stands_one_behind_the_other_however_much_it_is) {
    SecretBuffer buffer;
    std::string expected;
    BOOST_TEST(buffer.empty());
    for (std::size_t i = 0; i < 2000; ++i) {
        const std::string piece(i, static_cast<char>(i));
        buffer.append(piece);
        expected += piece;
    }
    BOOST_TEST(buffer.size() == expected.size());
    BOOST_TEST((buffer.view() == expected));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_is_wiped) {
    SecretBuffer buffer;
    buffer.append("kept and secret");
    buffer.shrink(4);
    BOOST_TEST(buffer.view() == "kept");
    BOOST_TEST(is_wiped(buffer.data() + 4, 11));
    const char* const place = buffer.data();
    buffer.clear();
    BOOST_TEST(buffer.empty());
    BOOST_TEST(is_wiped(place, 15));
    buffer.append("again");
    BOOST_TEST(buffer.data() == place);
}

BOOST_AUTO_TEST_CASE(a_moved_buffer_takes_everything_along) {
    SecretBuffer first;
    first.append("first");
    SecretBuffer second{std::move(first)};
    BOOST_TEST(second.view() == "first");
    SecretBuffer third;
    third.append("third");
    const char* const place = third.data();
    third = std::move(second);
    BOOST_TEST(third.view() == "first");
    BOOST_TEST(is_wiped(place, 5));
}

BOOST_AUTO_TEST_CASE(its_pages_are_left_out_of_core_dumps) {
    SecretBuffer buffer;
    buffer.append(std::string(200'000, 's'));
    const std::string flags = flags_of_mapping(buffer.data());
    if (flags.empty()) return;  // a kernel without smaps
    BOOST_TEST(flags.find(" dd") != std::string::npos, flags);
}

BOOST_AUTO_TEST_SUITE_END()
