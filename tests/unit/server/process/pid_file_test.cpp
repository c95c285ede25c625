#include "server/process/pid_file.h"

#include "tests/support/temporary_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace baton;

namespace {

struct Folder {
    test::TemporaryFolder folder;
    std::string path = folder.file("baton.pid");
    const std::string own = std::to_string(::getpid()) + "\n";

    std::string content() const { return folder.read("baton.pid"); }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder.path()), {}));
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pid_file, Folder)

BOOST_AUTO_TEST_CASE(the_file_holds_the_process_id_and_goes_with_its_object) {
    {
        const auto file = PidFile::write(path, PidFile::From::nobody);
        BOOST_REQUIRE(file.has_value());
        BOOST_TEST(content() == own);
        BOOST_TEST(file->is_in_place());
        BOOST_TEST(files() == 1U);
    }
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(a_second_instance_is_refused_while_the_first_holds_the_lock) {
    const auto first = PidFile::write(path, PidFile::From::nobody);
    const auto second = PidFile::write(path, PidFile::From::nobody);
    BOOST_REQUIRE(!second.has_value());
    BOOST_TEST((second.error().reason == Reason::address_in_use));
    BOOST_TEST(first->is_in_place());
    BOOST_TEST(files() == 1U);
}

BOOST_AUTO_TEST_CASE(a_stale_file_is_replaced_whatever_it_says) {
    std::ofstream(path) << "1\n";
    const auto file = PidFile::write(path, PidFile::From::nobody);
    BOOST_REQUIRE(file.has_value());
    BOOST_TEST(content() == own);
}

BOOST_AUTO_TEST_CASE(a_successor_takes_the_file_over_and_the_predecessor_leaves_it_there) {
    auto predecessor = PidFile::write(path, PidFile::From::nobody);
    auto successor = PidFile::write(path, PidFile::From::predecessor);
    BOOST_REQUIRE(successor.has_value());
    BOOST_TEST(!predecessor->is_in_place());
    predecessor->remove();
    BOOST_TEST(successor->is_in_place());
    BOOST_TEST(content() == own);
    BOOST_TEST(!PidFile::write(path, PidFile::From::nobody).has_value());
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_is_not_followed) {
    std::filesystem::create_symlink(folder.file("target"), path);
    const auto file = PidFile::write(path, PidFile::From::nobody);
    BOOST_REQUIRE(!file.has_value());
    BOOST_TEST(file.error().os_error == ELOOP);
    BOOST_TEST(!std::filesystem::exists(folder.file("target")));
}

BOOST_AUTO_TEST_CASE(the_lock_ends_with_its_process) {
    const pid_t child = ::fork();
    if (child == 0) {
        auto file = PidFile::write(path, PidFile::From::nobody);
        ::_exit(file ? 0 : 1);  // without removing it, as a process that is killed
    }
    int status = -1;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
    BOOST_TEST(std::filesystem::exists(path));
    BOOST_TEST(PidFile::write(path, PidFile::From::nobody).has_value());
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_exist_is_a_failure) {
    const auto file = PidFile::write(folder.file("none/baton.pid"), PidFile::From::nobody);
    BOOST_REQUIRE(!file.has_value());
    BOOST_TEST((file.error().reason == Reason::not_found));
}

BOOST_AUTO_TEST_SUITE_END()
