#include "config/cidr.h"

#include <array>
#include <boost/test/unit_test.hpp>

using baton::config::Cidr;

BOOST_AUTO_TEST_SUITE(cidr)

BOOST_AUTO_TEST_CASE(a_block_contains_its_first_and_last_address_and_no_neighbour) {
    const auto block = Cidr::parse("10.1.0.0/16");
    BOOST_REQUIRE(block);
    BOOST_TEST(block->contains(std::array<std::uint8_t, 4>{10, 1, 0, 0}));
    BOOST_TEST(block->contains(std::array<std::uint8_t, 4>{10, 1, 255, 255}));
    BOOST_TEST(!block->contains(std::array<std::uint8_t, 4>{10, 2, 0, 0}));
    BOOST_TEST(!block->contains(std::array<std::uint8_t, 4>{10, 0, 255, 255}));
}

BOOST_AUTO_TEST_CASE(a_prefix_within_a_byte_is_compared_by_bits) {
    const auto block = Cidr::parse("192.168.4.0/22");
    BOOST_REQUIRE(block);
    BOOST_TEST(block->contains(std::array<std::uint8_t, 4>{192, 168, 7, 255}));
    BOOST_TEST(!block->contains(std::array<std::uint8_t, 4>{192, 168, 8, 0}));
}

BOOST_AUTO_TEST_CASE(an_address_without_prefix_is_itself_alone) {
    const auto block = Cidr::parse("::1");
    BOOST_REQUIRE(block);
    std::array<std::uint8_t, 16> loopback{};
    loopback.back() = 1;
    BOOST_TEST(block->contains(loopback));
    loopback.back() = 2;
    BOOST_TEST(!block->contains(loopback));
}

BOOST_AUTO_TEST_CASE(a_mapped_address_is_compared_as_ipv4) {
    const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    BOOST_TEST(Cidr::parse("10.0.0.0/8")->contains(mapped));
    BOOST_TEST(Cidr::parse("::ffff:10.0.0.0/104")->contains(std::array<std::uint8_t, 4>{10, 9, 9, 9}));
    BOOST_TEST(!Cidr::parse("::/0")->contains(mapped));
}

BOOST_AUTO_TEST_CASE(the_empty_prefix_contains_its_whole_family_only) {
    BOOST_TEST(Cidr::parse("0.0.0.0/0")->contains(std::array<std::uint8_t, 4>{255, 1, 2, 3}));
    BOOST_TEST(!Cidr::parse("0.0.0.0/0")->contains(std::array<std::uint8_t, 16>{0x20, 1}));
}

BOOST_AUTO_TEST_CASE(what_is_no_block_is_refused) {
    for (const char* text : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "10.0.0", "::/129", "a.b.c.d",
                             "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ", "::1/64", "[::1]"})
        BOOST_TEST(!Cidr::parse(text), text);
}

BOOST_AUTO_TEST_CASE(a_block_contains_smaller_blocks_of_its_family) {
    const Cidr large = *Cidr::parse("10.0.0.0/8");
    BOOST_TEST(large.contains(*Cidr::parse("10.3.0.0/16")));
    BOOST_TEST(!Cidr::parse("10.3.0.0/16")->contains(large));
    BOOST_TEST(!large.contains(*Cidr::parse("::1")));
}

BOOST_AUTO_TEST_SUITE_END()
