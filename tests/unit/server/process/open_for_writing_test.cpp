#include "server/process/open_for_writing.h"

#include "tests/support/temporary_folder.h"

#include <boost/test/unit_test.hpp>

using namespace baton;

BOOST_AUTO_TEST_SUITE(open_for_writing)

BOOST_AUTO_TEST_CASE(a_file_is_open_for_writing_until_its_writer_closes_it) {
    const test::TemporaryFolder folder;
    std::ofstream writer(folder.file("a"));
    BOOST_TEST(is_open_for_writing(folder.file("a")));
    writer.close();
    BOOST_TEST(!is_open_for_writing(folder.file("a")));
}

BOOST_AUTO_TEST_CASE(a_reader_is_no_writer) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file("a")) << "x";
    const std::ifstream reader(folder.file("a"));
    BOOST_TEST(!is_open_for_writing(folder.file("a")));
}

BOOST_AUTO_TEST_CASE(who_opens_it_afterwards_is_not_kept_waiting) {
    const test::TemporaryFolder folder;
    std::ofstream(folder.file("a")) << "x";
    BOOST_TEST(!is_open_for_writing(folder.file("a")));
    BOOST_TEST(std::ofstream(folder.file("a")).good());
}

BOOST_AUTO_TEST_CASE(nobody_writes_a_folder_or_what_is_not_there) {
    const test::TemporaryFolder folder;
    BOOST_TEST(!is_open_for_writing(folder.path().string()));
    BOOST_TEST(!is_open_for_writing(folder.file("none")));
}

BOOST_AUTO_TEST_SUITE_END()
