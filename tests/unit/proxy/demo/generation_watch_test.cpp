#include "proxy/demo/generation_watch.h"

#include "proxy/demo/temporary_folder.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace baton::demo {

namespace {

// Above any process id that the kernel gives out (PID_MAX_LIMIT is 4 194 304).
constexpr pid_t nobody = 5'000'000;

struct PidFileInFolder {
    TemporaryFolder folder = TemporaryFolder::create().value();
    std::string path = folder.path() / "baton.pid";
    GenerationWatch watch{path};
    void write(pid_t pid) { std::ofstream(path) << pid << "\n"; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(demo_generation_watch, PidFileInFolder)

BOOST_AUTO_TEST_CASE(without_a_pid_file_nobody_serves) {
    BOOST_TEST(!watch.look());
    BOOST_TEST(watch.serving() == nullptr);
}

BOOST_AUTO_TEST_CASE(the_writer_of_the_pid_file_is_the_first_generation) {
    write(::getpid());
    BOOST_TEST(watch.look());
    BOOST_TEST(watch.serving()->number == 1U);
    BOOST_TEST(watch.serving()->master == ::getpid());
    BOOST_TEST(!watch.look());
}

BOOST_AUTO_TEST_CASE(another_writer_is_the_next_generation_and_the_former_drains) {
    write(::getpid());
    watch.look();
    write(::getppid());
    watch.look();
    BOOST_TEST(watch.serving()->number == 2U);
    BOOST_TEST((watch.all().front().state == GenerationState::draining));
}

BOOST_AUTO_TEST_CASE(a_master_that_has_ended_is_gone) {
    write(nobody);
    watch.look();
    BOOST_TEST((watch.all().front().state == GenerationState::gone));
    BOOST_TEST(watch.serving() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_temporary_folder_takes_its_files_with_it) {
    std::filesystem::path place;
    {
        const TemporaryFolder short_lived = TemporaryFolder::create().value();
        place = short_lived.path();
        std::ofstream(place / "file") << "x";
        BOOST_TEST(std::filesystem::exists(place / "file"));
    }
    BOOST_TEST(!std::filesystem::exists(place));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
