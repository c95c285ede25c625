#include "server/process/file_watch.h"

#include "tests/support/temporary_folder.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

using namespace baton;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Follows files by a clock of its own; events of the kernel are there at once.
struct World {
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    test::TemporaryFolder folder;
    int calls = 0;
    FileWatch watch{*loop, [this] { ++calls; }};

    void pass(Duration time) {
        loop->turn(0ms);
        clock.advance(time);
        loop->turn(0ms);
        loop->turn(0ms);
    }
    void follow(const std::string& path) {
        watch.follow({path});
        pass(600ms);
        calls = 0;
    }
    void write(const std::string& name) const { std::ofstream(folder.file(name)) << "x"; }
    bool noticed() {
        pass(600ms);
        return std::exchange(calls, 0) > 0;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(file_watch)

BOOST_AUTO_TEST_CASE(a_directory_that_is_followed_first_is_looked_at_once) {
    World world;
    world.watch.follow({world.folder.file("a")});
    world.pass(400ms);
    BOOST_TEST(world.calls == 0);
    world.pass(200ms);
    BOOST_TEST(world.calls == 1);
    world.watch.follow({world.folder.file("a")});
    world.pass(1s);
    BOOST_TEST(world.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_write_a_replacement_and_a_removal_are_noticed) {
    World world;
    world.follow(world.folder.file("a"));
    world.write("a");
    BOOST_TEST(world.noticed());
    world.write("fresh");
    world.pass(600ms);
    world.calls = 0;
    fs::rename(world.folder.file("fresh"), world.folder.file("a"));
    BOOST_TEST(world.noticed());
    fs::remove(world.folder.file("a"));
    BOOST_TEST(world.noticed());
    BOOST_TEST(!world.noticed());
}

BOOST_AUTO_TEST_CASE(reading_is_no_change) {
    World world;
    world.write("a");
    world.follow(world.folder.file("a"));
    BOOST_TEST(world.folder.read("a") == "x");
    BOOST_TEST(!world.noticed());
}

BOOST_AUTO_TEST_CASE(a_burst_of_changes_is_told_once_and_after_two_seconds_at_the_latest) {
    World world;
    world.follow(world.folder.file("a"));
    for (int i = 0; i < 4; ++i) {
        world.write("a");
        world.pass(300ms);
    }
    BOOST_TEST(world.calls == 0);
    for (int i = 0; i < 4; ++i) {
        world.write("a");
        world.pass(300ms);
    }
    BOOST_TEST(world.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_link_on_the_way_is_followed_as_kubernetes_swaps_it) {
    World world;
    for (const char* version : {"v1", "v2"}) {
        fs::create_directory(world.folder.file(version));
        world.write(std::string(version) + "/tls.crt");
    }
    fs::create_directory_symlink("v1", world.folder.file("..data"));
    fs::create_symlink("..data/tls.crt", world.folder.file("tls.crt"));
    const auto directories = directories_deciding(world.folder.file("tls.crt"));
    const std::vector<std::string> expected{world.folder.path().string(), world.folder.file("v1")};
    BOOST_TEST(directories == expected, boost::test_tools::per_element());

    world.follow(world.folder.file("tls.crt"));
    fs::create_directory_symlink("v2", world.folder.file("..data_tmp"));
    fs::rename(world.folder.file("..data_tmp"), world.folder.file("..data"));
    BOOST_TEST(world.noticed());
}

BOOST_AUTO_TEST_CASE(a_link_above_the_file_counts) {
    World world;
    fs::create_directories(world.folder.file("releases/1"));
    fs::create_directory(world.folder.file("etc"));
    fs::create_directory_symlink("../releases/1", world.folder.file("etc/current"));
    const auto directories = directories_deciding(world.folder.file("etc/current/a"));
    const std::vector<std::string> expected{world.folder.file("etc"), world.folder.file("releases/1")};
    BOOST_TEST(directories == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_yet_is_waited_for_above) {
    World world;
    world.follow(world.folder.file("later/deep/a"));
    fs::create_directory(world.folder.file("later"));
    BOOST_TEST(world.noticed());
}

BOOST_AUTO_TEST_CASE(links_in_a_circle_end_somewhere) {
    const test::TemporaryFolder folder;
    fs::create_symlink("b", folder.file("a"));
    fs::create_symlink("a", folder.file("b"));
    BOOST_TEST(directories_deciding(folder.file("a")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_look_each_minute_stands_in_for_events) {
    World world;
    world.follow(world.folder.file("a"));
    world.pass(60s);
    BOOST_TEST(world.calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
