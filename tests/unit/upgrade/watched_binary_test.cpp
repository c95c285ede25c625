#include "upgrade/watched_binary.h"

#include "server/event/fd.h"
#include "tests/support/temporary_folder.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

using namespace baton;
using namespace baton::upgrade;
namespace fs = std::filesystem;

namespace {

struct Bench {
    /// A file that could be a program; `text` is what it begins with.
    std::string put(const std::string& name, const std::string& text =
                                                 "\x7f"
                                                 "ELF") const {
        std::ofstream(folder.file(name)) << text;
        fs::permissions(folder.file(name), fs::perms::owner_all);
        return folder.file(name);
    }
    static WatchedBinary binary(int previous) {
        return {previous, [] { return true; }, [](const admin::Reply&) {}};
    }
    static Watched::Content found(WatchedBinary& binary) {
        Watched::Content result;
        binary.look([&result](const Watched::Content& content) { result = content; });
        return result;
    }
    static bool finds_a_change(WatchedBinary& binary) { return !binary.is_served(found(binary).value()); }
    static Fd open(const std::string& path) { return Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}; }

    test::TemporaryFolder folder;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(watched_binary, Bench)

BOOST_AUTO_TEST_CASE(another_file_another_size_time_or_mode_is_a_change) {
    const std::string path = put("baton");
    WatchedBinary first = binary(-1);
    first.follow(path);
    BOOST_TEST(!finds_a_change(first));
    std::vector<std::string> contents{*found(first)};
    const auto changed = [&] {
        contents.push_back(*found(first));
        return std::ranges::count(contents, contents.back()) == 1;
    };
    const auto time = fs::last_write_time(path);
    const auto other = put("fresh");
    fs::last_write_time(other, time);
    fs::rename(other, path);
    BOOST_TEST(changed());
    std::ofstream(path, std::ios::app) << "more";
    fs::last_write_time(path, time);
    BOOST_TEST(changed());
    fs::last_write_time(path, time + std::chrono::nanoseconds{1});
    BOOST_TEST(changed());
    fs::permissions(path, fs::perms::owner_read);
    BOOST_TEST(changed());
    BOOST_TEST(finds_a_change(first));
}

BOOST_AUTO_TEST_CASE(one_that_is_missing_is_no_change_and_one_that_appears_is) {
    WatchedBinary first = binary(-1);
    first.follow(folder.file("baton"));
    BOOST_TEST(!finds_a_change(first));
    put("baton");
    BOOST_TEST(finds_a_change(first));
}

BOOST_AUTO_TEST_CASE(one_that_is_open_for_writing_has_no_content_yet) {
    const std::string path = put("baton");
    WatchedBinary first = binary(-1);
    first.follow(path);
    std::ofstream writer(path, std::ios::app);
    BOOST_TEST(!found(first).has_value());
    writer.close();
    BOOST_TEST(found(first).has_value());
}

BOOST_AUTO_TEST_CASE(a_successor_takes_what_was_put_there_while_it_started) {
    const Fd previous = open(put("previous"));
    WatchedBinary successor = binary(previous.get());
    successor.follow(put("baton"));
    BOOST_TEST(finds_a_change(successor));
}

BOOST_AUTO_TEST_CASE(a_successor_that_finds_itself_has_nothing_to_take) {
    const Fd previous = open(put("previous"));
    WatchedBinary successor = binary(previous.get());
    successor.follow("/proc/self/exe");
    BOOST_TEST(!finds_a_change(successor));
}

BOOST_AUTO_TEST_CASE(what_was_rolled_back_is_not_taken_again_and_what_comes_then_is) {
    const std::string path = put("baton");
    const Fd previous = open(path);
    WatchedBinary successor = binary(previous.get());
    successor.follow(path);
    BOOST_TEST(!finds_a_change(successor));
    fs::rename(put("fresh"), path);
    BOOST_TEST(finds_a_change(successor));
}

BOOST_AUTO_TEST_CASE(a_launcher_is_not_taken_for_ever) {
    const Fd previous = open(put("previous"));
    WatchedBinary by_script = binary(previous.get());
    by_script.follow(put("launcher", "#!/bin/sh\n"));
    BOOST_TEST(!finds_a_change(by_script));
    const Fd itself = open("/proc/self/exe");
    WatchedBinary by_program = binary(itself.get());
    by_program.follow(put("launcher"));
    BOOST_TEST(!finds_a_change(by_program));
}

BOOST_AUTO_TEST_CASE(what_is_at_another_path_is_no_change) {
    WatchedBinary first = binary(-1);
    first.follow(put("baton"));
    first.follow(put("elsewhere"));
    BOOST_TEST(!finds_a_change(first));
}

BOOST_AUTO_TEST_SUITE_END()
