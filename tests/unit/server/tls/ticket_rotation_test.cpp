#include "server/tls/ticket_rotation.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace baton;
using namespace baton::tls;

namespace {

constexpr std::int64_t start = 1'700'000'000;
constexpr std::int64_t hour = 3600;

std::uint8_t next_name = 0;

/// Numbers the keys in the first byte of their name.
bool make_numbered_key(shared::TicketKey& key) {
    std::memset(&key, 0, sizeof key);
    key.name[0] = ++next_name;
    return true;
}
bool make_no_key(shared::TicketKey&) {
    return false;
}

TicketRules rules(std::size_t keep = 2, std::span<const TicketKeyFile> files = {}) {
    return {std::chrono::hours{12}, keep, files};
}

/// The numbers of the keys, such as "3 2 1".
std::string names(const TicketKeys& keys) {
    std::string text;
    for (const auto& key : keys.all()) text += (text.empty() ? "" : " ") + std::to_string(key.name[0]);
    return text;
}

/// A ring's life without the ring.
struct Life {
    Life() { next_name = 0; }
    /// Whether something changed.
    bool at(std::int64_t now, const TicketRules& with = rules()) {
        const auto change = due_change(keys, with, now, make_numbered_key);
        if (change) keys = *change;
        return change.has_value();
    }
    TicketKeys keys;
};

TicketKeyFile file_of(std::uint8_t name) {
    TicketKeyFile file{};
    file[0] = name;
    std::fill(file.begin() + 16, file.begin() + 48, std::uint8_t{0x11});
    std::fill(file.begin() + 48, file.end(), std::uint8_t{0x22});
    return file;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ticket_rotation)

BOOST_AUTO_TEST_CASE(an_empty_ring_gets_its_first_key) {
    Life life;
    BOOST_TEST(life.at(start));
    BOOST_TEST(names(life.keys) == "1");
    BOOST_TEST(life.keys.keys[0].made_at == start);
    BOOST_TEST(!life.at(start));
    BOOST_TEST(!life.at(start + 12 * hour - 1));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_due_is_kept_behind_the_fresh_one_as_long_as_the_rules_say) {
    Life life;
    for (int i = 0; i < 4; ++i) BOOST_TEST(life.at(start + i * 12 * hour));
    BOOST_TEST(names(life.keys) == "4 3 2");
}

BOOST_AUTO_TEST_CASE(after_a_long_pause_one_key_is_made_and_not_one_for_each_period) {
    Life life;
    life.at(start);
    BOOST_TEST(life.at(start + 1000 * hour));
    BOOST_TEST(names(life.keys) == "2 1");
    BOOST_TEST(!life.at(start + 1000 * hour));
}

BOOST_AUTO_TEST_CASE(keeping_fewer_keys_drops_the_oldest_at_once) {
    Life life;
    for (int i = 0; i < 3; ++i) life.at(start + i * 12 * hour);
    BOOST_TEST(life.at(start + 24 * hour, rules(1)));
    BOOST_TEST(names(life.keys) == "3 2");
    BOOST_TEST(life.at(start + 24 * hour, rules(0)));
    BOOST_TEST(names(life.keys) == "3");
    BOOST_TEST(!life.at(start + 24 * hour, rules(2)));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_a_little_changes_nothing_and_far_makes_a_key) {
    Life life;
    life.at(start);
    BOOST_TEST(!life.at(start - hour));
    BOOST_TEST(life.at(start - 12 * hour));
    BOOST_TEST(names(life.keys) == "2 1");
}

BOOST_AUTO_TEST_CASE(keys_of_files_replace_all_and_the_first_encrypts) {
    Life life;
    life.at(start);
    const std::vector<TicketKeyFile> files{file_of(50), file_of(51)};
    BOOST_TEST(life.at(start + hour, rules(0, files)));
    BOOST_TEST(names(life.keys) == "50 51");
    BOOST_TEST(life.keys.keys[1].authentication[31] == 0x11);
    BOOST_TEST(life.keys.keys[1].encryption[0] == 0x22);
    BOOST_TEST(!life.at(start + 1000 * hour, rules(0, files)));
    const std::vector<TicketKeyFile> swapped{file_of(51), file_of(50)};
    BOOST_TEST(life.at(start + 1000 * hour, rules(0, swapped)));
    BOOST_TEST(names(life.keys) == "51 50");
}

BOOST_AUTO_TEST_CASE(without_files_any_more_a_key_is_made_and_theirs_still_open) {
    Life life;
    const std::vector<TicketKeyFile> files{file_of(50)};
    life.at(start, rules(2, files));
    BOOST_TEST(life.at(start + 1));
    BOOST_TEST(names(life.keys) == "1 50");
}

BOOST_AUTO_TEST_CASE(without_randomness_the_keys_stay_as_they_are) {
    BOOST_TEST(!due_change(TicketKeys{}, rules(), start, make_no_key).has_value());
}

BOOST_AUTO_TEST_CASE(no_more_keys_than_the_ring_has_room_for) {
    Life life;
    for (int i = 0; i < 20; ++i) life.at(start + i * 12 * hour, rules(100));
    BOOST_TEST(life.keys.count == shared::TicketKeyRing::most_keys);
    BOOST_TEST(life.keys.keys[0].name[0] == 20);
}

BOOST_AUTO_TEST_CASE(the_ring_is_changed_only_when_something_is_due) {
    shared::TicketKeyRing ring;
    BOOST_TEST(look_after_ticket_keys(ring, rules(), start));
    BOOST_TEST(look_after_ticket_keys(ring, rules(), start + 1));
    BOOST_TEST(ring.version() == 1U);
    const TicketKeys first(ring);
    BOOST_TEST(look_after_ticket_keys(ring, rules(), start + 12 * hour));
    BOOST_TEST(ring.version() == 2U);
    const TicketKeys second(ring);
    BOOST_TEST(second.count == 2U);
    BOOST_TEST((std::memcmp(&second.keys[1], &first.keys[0], sizeof first.keys[0]) == 0));
    BOOST_TEST((second.keys[0].encryption != first.keys[0].encryption));
    BOOST_TEST((second.keys[0].authentication != second.keys[0].encryption));
}

BOOST_AUTO_TEST_SUITE_END()
