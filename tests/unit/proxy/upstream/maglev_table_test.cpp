#include "proxy/upstream/maglev_table.h"

#include <boost/test/unit_test.hpp>
#include <map>

using baton::upstream::keyed_hash;
using baton::upstream::MaglevTable;
using Candidate = MaglevTable::Candidate;

namespace {

std::uint64_t nth_hash(int n) {
    return keyed_hash("key" + std::to_string(n), 0, 0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(maglev_table)

BOOST_AUTO_TEST_CASE(shares_follow_the_weights) {
    const MaglevTable table(std::vector<Candidate>{{"a", 1, 0}, {"b", 2, 1}, {"c", 1, 2}});
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < 8000; ++i) ++counts[table.at(nth_hash(i))];
    BOOST_TEST(counts[0] > 1700);
    BOOST_TEST(counts[1] > 3600);
    BOOST_TEST(counts[1] < 4400);
    BOOST_TEST(counts[2] > 1700);
}

BOOST_AUTO_TEST_CASE(when_a_candidate_goes_most_other_keys_stay) {
    std::vector<Candidate> candidates{{"a", 1, 0}, {"b", 1, 1}, {"c", 1, 2}, {"d", 1, 3}, {"e", 1, 4}};
    const MaglevTable before(candidates);
    candidates.erase(candidates.begin() + 2);
    const MaglevTable after(candidates);
    int stayed = 0;
    int others = 0;
    for (int i = 0; i < 5000; ++i) {
        const std::uint32_t was = before.at(nth_hash(i));
        if (was == 2) continue;
        ++others;
        stayed += after.at(nth_hash(i)) == was ? 1 : 0;
    }
    BOOST_TEST(stayed > others * 9 / 10);
}

BOOST_AUTO_TEST_CASE(the_order_of_candidates_changes_little) {
    const MaglevTable one(std::vector<Candidate>{{"a", 1, 0}, {"b", 1, 1}, {"c", 1, 2}});
    const MaglevTable other(std::vector<Candidate>{{"c", 1, 2}, {"b", 1, 1}, {"a", 1, 0}});
    int same = 0;
    for (int i = 0; i < 1000; ++i) same += one.at(nth_hash(i)) == other.at(nth_hash(i)) ? 1 : 0;
    BOOST_TEST(same > 900);
}

BOOST_AUTO_TEST_CASE(further_attempts_reach_every_candidate) {
    const MaglevTable table(std::vector<Candidate>{{"a", 1, 0}, {"b", 1, 1}, {"c", 1, 2}});
    for (int i = 0; i < 100; ++i) {
        std::map<std::uint32_t, int> seen;
        for (std::uint32_t attempt = 0; attempt < 32; ++attempt) ++seen[table.at(nth_hash(i), attempt)];
        BOOST_TEST(seen.size() == 3U);
    }
}

BOOST_AUTO_TEST_CASE(many_candidates_all_get_a_share) {
    std::vector<std::string> labels;
    for (int i = 0; i < 2000; ++i) labels.push_back("10.0.0.1:" + std::to_string(i));
    std::vector<Candidate> candidates;
    for (std::uint32_t i = 0; i < 2000; ++i) candidates.push_back({labels[i], i % 100 == 0 ? 1000U : 1U, i});
    const MaglevTable table(candidates);
    std::map<std::uint32_t, int> counts;
    for (std::uint64_t place = 0; place < 65521; ++place) ++counts[table.at(place)];
    BOOST_TEST(counts.size() >= 20U);
    BOOST_TEST(counts[100] > 1000);
}

BOOST_AUTO_TEST_CASE(the_hash_depends_on_every_byte_and_on_the_key) {
    BOOST_TEST(keyed_hash("", 0, 0) != keyed_hash(std::string_view("\0", 1), 0, 0));
    BOOST_TEST(keyed_hash("12345678", 0, 0) != keyed_hash("12345679", 0, 0));
    BOOST_TEST(keyed_hash("123456789", 0, 0) != keyed_hash("12345678", 0, 0));
    BOOST_TEST(keyed_hash("a", 0, 0) != keyed_hash("a", 0, 1));
}

BOOST_AUTO_TEST_SUITE_END()
