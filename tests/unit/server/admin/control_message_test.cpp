#include "server/admin/control_message.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using namespace baton::admin;

Request parsed_again(const Request& request) {
    std::string line = format_request(request);
    BOOST_REQUIRE(line.ends_with('\n'));
    line.pop_back();
    const auto parsed = parse_request(line);
    BOOST_REQUIRE(parsed.has_value());
    return *parsed;
}

BOOST_AUTO_TEST_SUITE(control_message)

BOOST_AUTO_TEST_CASE(every_request_is_read_back_as_it_was_written) {
    for (const Verb verb : {Verb::reload, Verb::upgrade, Verb::rollback, Verb::stop, Verb::reopen,
                            Verb::stop_accepting, Verb::status, Verb::finish}) {
        BOOST_TEST((parsed_again({verb, {}, StopMode::graceful}).verb == verb));
    }
    for (const StopMode mode : {StopMode::graceful, StopMode::bounded, StopMode::now}) {
        BOOST_TEST((parsed_again({Verb::stop, {}, mode}).stop_mode == mode));
    }
}

BOOST_AUTO_TEST_CASE(how_an_upgrade_differs_from_the_configuration_survives) {
    Request request;
    request.verb = Verb::upgrade;
    request.upgrade.no_rollback = true;
    request.upgrade.drain_timeout = std::chrono::seconds{90};
    const Request again = parsed_again(request);
    BOOST_TEST(again.upgrade.no_rollback);
    BOOST_TEST((again.upgrade.drain_timeout == std::chrono::seconds{90}));
    BOOST_TEST(!parsed_again({Verb::upgrade, {}, StopMode::graceful}).upgrade.no_rollback);
}

BOOST_AUTO_TEST_CASE(the_generation_that_is_to_be_finished_survives) {
    Request request;
    request.verb = Verb::finish;
    request.generation = 4'000'000'000;
    BOOST_TEST(parsed_again(request).generation == 4'000'000'000U);
}

BOOST_AUTO_TEST_CASE(a_path_of_any_bytes_survives) {
    const std::string path = "/opt/two words/100%/new\nline/\xC3\xBC\xFF";
    const Request request = parsed_again({Verb::upgrade, {path, true}, StopMode::graceful});
    BOOST_TEST(request.upgrade.binary.value() == path);
    BOOST_TEST(request.upgrade.check_only);
}

BOOST_AUTO_TEST_CASE(the_longest_path_fits_into_a_request) {
    const std::string path = "/" + std::string(4094, '\xFF');
    BOOST_TEST(format_request({Verb::upgrade, {path, true}, StopMode::graceful}).size() <= longest_request);
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_exactly_a_request_is_refused) {
    for (const char* const line : {"",
                                   "reload",
                                   "baton/1",
                                   "baton/2 reload",
                                   "baton/1 reloa",
                                   "baton/1  reload",
                                   "baton/1 reload ",
                                   "baton/1 reload x",
                                   " baton/1 reload",
                                   "baton/1 RELOAD",
                                   "baton/1 stop",
                                   "baton/1 stop later",
                                   "baton/1 stop now now",
                                   "baton/1 finish",
                                   "baton/1 finish seven",
                                   "baton/1 finish 7 8",
                                   "baton/1 finish -1",
                                   "baton/1 upgrade check check",
                                   "baton/1 upgrade no-rollback no-rollback",
                                   "baton/1 upgrade drain-timeout=",
                                   "baton/1 upgrade drain-timeout=-1",
                                   "baton/1 upgrade drain-timeout=1 drain-timeout=1",
                                   "baton/1 upgrade binary=",
                                   "baton/1 upgrade binary=relative",
                                   "baton/1 upgrade binary=/a binary=/b",
                                   "baton/1 upgrade binary=/a%",
                                   "baton/1 upgrade binary=/a%4",
                                   "baton/1 upgrade binary=/a%zz",
                                   "baton/1 upgrade binary=/a%00",
                                   "baton/1 upgrade other"}) {
        BOOST_TEST(!parse_request(line).has_value(), line);
    }
}

BOOST_AUTO_TEST_CASE(answers_are_read_from_a_stream_that_comes_byte_by_byte) {
    const std::string stream =
        format_answer({Answer::Kind::accepted, {}}) +
        format_answer({Answer::Kind::progress, {0, "a step\nof two lines", "{\"n\":1}"}}) +
        format_answer({Answer::Kind::verdict, {78, "", "{}"}});
    AnswerReader reader;
    std::vector<Answer> answers;
    for (const char c : stream) {
        reader.feed({&c, 1});
        while (auto answer = reader.next()) answers.push_back(*answer);
    }
    BOOST_REQUIRE(answers.size() == 3u);
    BOOST_TEST((answers[0].kind == Answer::Kind::accepted));
    BOOST_TEST((answers[1].kind == Answer::Kind::progress));
    BOOST_TEST(answers[1].verdict.text == "a step\nof two lines");
    BOOST_TEST(answers[1].verdict.json == "{\"n\":1}");
    BOOST_TEST((answers[2].kind == Answer::Kind::verdict));
    BOOST_TEST(answers[2].verdict.exit_code == 78);
    BOOST_TEST(!reader.is_broken());
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_no_answer_breaks_the_reader) {
    for (const char* const stream :
         {"hello\n", "progress 1\n", "progress 1 2 3\n", "progress -1 0\n", "progress +1 0\n",
          "verdict 256 0 0\n", "verdict 0 0\n", "verdict 0 0 99999999\n", "accepted now\n", "\n",
          "a line without end that is longer than any answer's first line can ever be"}) {
        AnswerReader reader;
        reader.feed(stream);
        BOOST_TEST(!reader.next().has_value(), stream);
        BOOST_TEST(reader.is_broken(), stream);
    }
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_too_long_is_cut_by_its_writer) {
    AnswerReader reader;
    const std::string huge(longest_answer_part + 5, 'x');
    reader.feed(format_answer({Answer::Kind::verdict, {1, huge, huge}}));
    const auto answer = reader.next();
    BOOST_REQUIRE(answer.has_value());
    BOOST_TEST(answer->verdict.text.size() == longest_answer_part);
    BOOST_TEST(answer->verdict.json == "{}");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
