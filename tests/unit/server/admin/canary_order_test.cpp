#include "server/admin/canary_order.h"

#include "server/admin/control_message.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::admin;
using namespace std::chrono_literals;

namespace {

std::string mistake_in(const std::vector<std::string>& flags) {
    std::vector<std::string> arguments{"upgrade"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto invocation = parse_command_line(arguments);
    return invocation ? "" : invocation.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(canary_order)

BOOST_AUTO_TEST_CASE(what_a_person_writes_reaches_the_master) {
    const auto invocation = parse_command_line(std::vector<std::string>{
        "upgrade", "--canary", "10%,50%", "--for", "2m", "--max-error-rate", "0.5%", "--max-p99", "+20%"});
    BOOST_REQUIRE(invocation.has_value());
    Request request;
    request.verb = Verb::upgrade;
    request.upgrade.canary = *read_canary_flags(*invocation);
    const std::string line = format_request(request);
    BOOST_TEST(line == "baton/1 upgrade canary=100,500 for=120000 max-error-rate=5 max-p99=200\n");
    const auto heard = parse_request(std::string_view(line).substr(0, line.size() - 1));
    BOOST_REQUIRE(heard.has_value());
    const CanaryOrder& canary = heard->upgrade.canary;
    BOOST_TEST((canary.shares == std::vector<std::uint16_t>{100, 500}));
    BOOST_TEST((canary.time == 2min && canary.max_error_rate == 5 && canary.max_latency == 200));
}

BOOST_AUTO_TEST_CASE(without_flags_nothing_is_said) {
    Request request;
    request.verb = Verb::upgrade;
    BOOST_TEST(format_request(request) == "baton/1 upgrade\n");
}

BOOST_AUTO_TEST_CASE(a_flag_that_means_nothing_is_refused_with_its_name) {
    BOOST_TEST(mistake_in({"--canary", "0%"}) == "--canary 0%: a share of nothing proves nothing");
    BOOST_TEST(mistake_in({"--canary", "10%,"}).starts_with("--canary "));
    BOOST_TEST(mistake_in({"--canary", "101%"}).starts_with("--canary 101%: "));
    BOOST_TEST(mistake_in({"--for", "2"}).starts_with("--for 2: "));
    BOOST_TEST(mistake_in({"--max-error-rate", "1"}).starts_with("--max-error-rate 1: "));
    BOOST_TEST(mistake_in({"--max-p99", "+"}).starts_with("--max-p99 : "));
}

BOOST_AUTO_TEST_CASE(words_that_say_something_twice_or_wrongly_are_refused) {
    for (const char* const words :
         {"canary=", "canary=0", "canary=1001", "canary=1,", "canary=1 canary=2", "for=0", "for=x",
          "for=1 for=1", "max-error-rate=-1", "max-p99=1 max-p99=1", "max-p99="})
        BOOST_TEST(!parse_request("baton/1 upgrade " + std::string(words)).has_value(), words);
}

BOOST_AUTO_TEST_SUITE_END()
