#include "upgrade/hand_over/hand_over_window.h"

#include "tests/unit/upgrade/hand_over/hand_over_world.h"

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

using Fit = OutgoingWindow::Fit;

struct Filling {
    Fit add(std::size_t descriptors, std::size_t payload, std::size_t most_descriptors = 252) {
        Connection& connection = source.add(descriptors, std::string(payload, 'p'));
        connection.state = Connection::State::frozen;
        return window.add(connection, most_descriptors);
    }
    GivingSource source;
    OutgoingWindow window;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over_window, Filling)

BOOST_AUTO_TEST_CASE(parcels_are_read_back_in_their_order) {
    BOOST_TEST((add(2, 10) == Fit::added));
    BOOST_TEST((add(0, 100'000) == Fit::added));
    BOOST_TEST((add(1, 0) == Fit::added));
    const auto parcels = read_window(window.bytes(), 3, 3);
    BOOST_REQUIRE(parcels.has_value());
    for (std::uint64_t id = 0; id < 3; ++id) {
        BOOST_TEST((*parcels)[id].kind == plain);
        const auto fields = FieldReader::over((*parcels)[id].fields);
        BOOST_REQUIRE(fields.has_value());
        BOOST_TEST((fields->number(1) == id));
        BOOST_TEST((fields->text(2) == source.connections[id]->payload));
        BOOST_TEST((*parcels)[id].descriptors == source.connections[id]->ends.size());
    }
    BOOST_TEST(window.descriptors()[0] == source.connections[0]->ends[0].get());
    BOOST_TEST(window.descriptors()[2] == source.connections[2]->ends[0].get());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_leaves_the_window_as_it_was) {
    BOOST_TEST((add(2, 10) == Fit::added));
    const std::string before{window.bytes()};
    BOOST_TEST((add(1, longest_parcel) == Fit::too_large));
    BOOST_TEST((add(3, 1) == Fit::too_large));
    BOOST_TEST((add(2, 1, 3) == Fit::no_descriptors_left));
    BOOST_TEST(window.bytes() == before);
    BOOST_TEST(window.parcels() == 1U);
    BOOST_TEST(window.descriptors().size() == 2U);
    BOOST_TEST((add(1, 1, 3) == Fit::added));
}

BOOST_AUTO_TEST_CASE(no_parcel_is_begun_above_a_mebibyte_but_one_may_end_there) {
    BOOST_TEST((add(1, full_window - 1000) == Fit::added));
    BOOST_TEST(!window.is_full());
    BOOST_TEST((add(1, full_window) == Fit::added));
    BOOST_TEST(window.is_full());
    window.wipe();
    BOOST_TEST(!window.is_full());
    BOOST_TEST(window.bytes().empty());
}

BOOST_AUTO_TEST_CASE(a_window_is_full_with_126_parcels) {
    for (int i = 0; i < 125; ++i) BOOST_TEST((add(0, 1) == Fit::added));
    BOOST_TEST(!window.is_full());
    BOOST_TEST((add(0, 1) == Fit::added));
    BOOST_TEST(window.is_full());
}

BOOST_AUTO_TEST_CASE(every_shortened_window_and_every_wrong_count_is_refused) {
    add(2, 3);
    add(1, 5);
    const std::string whole{window.bytes()};
    BOOST_TEST(read_window(whole, 2, 3).has_value());
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST(!read_window(whole.substr(0, length), 2, 3));
    BOOST_TEST(!read_window(whole + '\0', 2, 3));
    BOOST_TEST(!read_window(whole, 1, 3));
    BOOST_TEST(!read_window(whole, 3, 3));
    BOOST_TEST(!read_window(whole, 2, 2));
    BOOST_TEST(!read_window(whole, 2, 4));
}

BOOST_AUTO_TEST_CASE(a_parcel_with_more_descriptors_than_a_connection_has_is_refused) {
    BOOST_TEST(read_window(std::string{"\3\0\2\0\0\0\0\0", 8}, 1, 2).has_value());
    BOOST_TEST(!read_window(std::string{"\3\0\3\0\0\0\0\0", 8}, 1, 3));
    BOOST_TEST(!read_window(std::string{"\3\0\0\0\xFF\xFF\xFF\xFF", 8}, 1, 0));
}

BOOST_AUTO_TEST_SUITE_END()
