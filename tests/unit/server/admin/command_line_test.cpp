#include "server/admin/command_line.h"

#include "server/admin/socket_path.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace baton::admin;
using Arguments = std::vector<std::string>;

Invocation parsed(const Arguments& arguments) {
    const auto invocation = parse_command_line(arguments);
    BOOST_REQUIRE_MESSAGE(invocation.has_value(), (invocation ? "" : invocation.error().text));
    return *invocation;
}

std::string refused(const Arguments& arguments) {
    const auto invocation = parse_command_line(arguments);
    BOOST_REQUIRE(!invocation.has_value());
    return invocation.error().text;
}

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(every_command_is_found_by_its_name) {
    for (const CommandRule& rule : command_rules()) {
        BOOST_TEST((parsed({std::string(rule.name)}).command == rule.id), rule.name);
        BOOST_TEST((rule_of(rule.id).name == rule.name), rule.name);
    }
}

BOOST_AUTO_TEST_CASE(the_configuration_file_comes_before_or_after_the_command) {
    for (const Arguments& arguments : {Arguments{"-c", "/a.yaml", "check"},
                                       {"check", "-c", "/a.yaml"},
                                       {"--config", "/a.yaml", "check"},
                                       {"check", "--config=/a.yaml"},
                                       {"-t", "-c", "/a.yaml"},
                                       {"-c", "/a.yaml", "-t"}}) {
        const Invocation invocation = parsed(arguments);
        BOOST_TEST((invocation.command == Command::check));
        BOOST_TEST(config_file(invocation) == "/a.yaml");
    }
}

BOOST_AUTO_TEST_CASE(the_configuration_file_has_a_default) {
    ::unsetenv("BATON_CONFIG");
    BOOST_TEST(config_file(parsed({"run"})) == "/etc/baton/baton.yaml");
    ::setenv("BATON_CONFIG", "/from/environment.yaml", 1);
    BOOST_TEST(config_file(parsed({"run"})) == "/from/environment.yaml");
    BOOST_TEST(config_file(parsed({"run", "-c", "/given.yaml"})) == "/given.yaml");
    ::unsetenv("BATON_CONFIG");
    BOOST_TEST(config_file(parsed({"run", "-c", "relative.yaml"})).ends_with("/relative.yaml"));
    BOOST_TEST(config_file(parsed({"run", "-c", "relative.yaml"})).starts_with("/"));
}

BOOST_AUTO_TEST_CASE(the_forms_of_nginx_mean_our_commands) {
    BOOST_TEST((parsed({"-t"}).command == Command::check));
    BOOST_TEST(!parsed({"-t"}).has("--dump"));
    BOOST_TEST((parsed({"-T"}).command == Command::check));
    BOOST_TEST(parsed({"-T"}).has("--dump"));
    BOOST_TEST((parsed({"-v"}).command == Command::version));
    BOOST_TEST((parsed({"-V"}).command == Command::version));
    BOOST_TEST((parsed({"-s", "reload"}).command == Command::reload));
    BOOST_TEST((parsed({"-s", "upgrade", "-c", "/a"}).command == Command::upgrade));
    BOOST_TEST((parsed({"-s", "quit"}).command == Command::quit));
    BOOST_TEST((parsed({"-s", "stop"}).command == Command::stop));
    BOOST_TEST((parsed({"-q", "-s", "reopen"}).command == Command::reopen));
    BOOST_TEST(refused({"-s", "relaod"}).find("did you mean `reload`?") != std::string::npos);
    BOOST_TEST(refused({"-s"}).find("needs a value") != std::string::npos);
    BOOST_TEST(refused({"run", "-t"}).find("two commands") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_command_has_its_own_flags) {
    const Invocation upgrade =
        parsed({"upgrade", "--binary", "/opt/baton", "--check", "--json", "--timeout=90s"});
    BOOST_TEST(upgrade.value("--binary").value() == "/opt/baton");
    BOOST_TEST(upgrade.has("--check"));
    BOOST_TEST(upgrade.wants_json());
    BOOST_TEST((timeout(upgrade) == std::chrono::seconds{90}));
    BOOST_TEST(!timeout(parsed({"upgrade"})).has_value());
    BOOST_TEST(parsed({"check", "file.yaml"}).operands.front() == "file.yaml");
    BOOST_TEST(parsed({"check", "--", "-odd-name"}).operands.front() == "-odd-name");
}

BOOST_AUTO_TEST_CASE(an_unknown_word_gets_a_proposal) {
    BOOST_TEST(refused({"chekc"}) == "unknown command `chekc`\n  did you mean `check`?");
    BOOST_TEST(refused({"check", "--stirct"}) ==
               "unknown flag `--stirct` of `baton check`\n  did you mean `--strict`?");
    BOOST_TEST(refused({"--confg", "x", "run"}) == "unknown flag `--confg`\n  did you mean `--config`?");
    BOOST_TEST(refused({"teleport"}) == "unknown command `teleport`");
    BOOST_TEST(refused({"run", "--binary", "x"}).starts_with("unknown flag `--binary` of `baton run`"));
    BOOST_TEST(refused({"--strict", "check"}).find("comes after it: `baton check --strict`") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_too_much_is_refused) {
    BOOST_TEST(refused({}).find("no command") != std::string::npos);
    BOOST_TEST(refused({"run", "extra"}).find("does not expect `extra`") != std::string::npos);
    BOOST_TEST(refused({"run", "-c"}).find("needs a value") != std::string::npos);
    BOOST_TEST(refused({"run", "--config="}).find("is empty") != std::string::npos);
    BOOST_TEST(refused({"check", "--strict=yes"}).find("takes no value") != std::string::npos);
    BOOST_TEST(refused({"reload", "--timeout", "soon"}).starts_with("--timeout soon: "));
    BOOST_TEST(refused({"run", "-x"}).find("unknown flag `-x`") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_is_there_for_everything) {
    BOOST_TEST((parsed({"--help"}).command == Command::help));
    BOOST_TEST((parsed({"upgrade", "-h"}).command == Command::help));
    BOOST_TEST(parsed({"upgrade", "-h"}).operands.front() == "upgrade");
    BOOST_TEST((parsed({"--version"}).command == Command::version));
    for (const CommandRule& rule : command_rules()) {
        BOOST_TEST(help_text().find("\n  " + std::string(rule.name)) != std::string::npos, rule.name);
        for (const FlagRule& flag : rule.flags) {
            BOOST_TEST(help_text(rule).find(flag.name) != std::string::npos, flag.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_page_about_the_commands_leaves_none_and_no_flag_out) {
    std::ostringstream page;
    page << std::ifstream(BATON_SOURCE_DIR "/docs/commands.md").rdbuf();
    for (const CommandRule& rule : command_rules()) {
        BOOST_TEST(page.str().find("`baton " + std::string(rule.name)) != std::string::npos, rule.name);
        for (const FlagRule& flag : rule.flags) {
            BOOST_TEST(page.str().find("`" + std::string(flag.name)) != std::string::npos, flag.name);
        }
    }
    for (const FlagRule& flag : global_flags()) {
        BOOST_TEST(page.str().find("`" + std::string(flag.name)) != std::string::npos, flag.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(socket_path)

BOOST_AUTO_TEST_CASE(the_flag_wins_over_the_environment) {
    ::setenv("BATON_SOCKET", "/from/environment", 1);
    BOOST_TEST(admin_socket(parsed({"status"})) == "/from/environment");
    BOOST_TEST(admin_socket(parsed({"--socket", "/given", "status"})) == "/given");
    ::unsetenv("BATON_SOCKET");
    BOOST_TEST(!chosen_socket(parsed({"status"})).has_value());
}

BOOST_AUTO_TEST_CASE(a_broken_file_still_tells_where_the_socket_is) {
    const auto expect = [](std::string_view yaml, const std::string& socket) {
        BOOST_TEST(admin_socket_in_text(yaml) == socket, yaml);
    };
    expect("process:\n  # here\n  runtime_dir: '/srv/run' # x\nhosts: [\n", "/srv/run/admin.sock");
    expect("admin:\n  socket: /a b.sock # c\nprocess:\n  runtime_dir: /x\n", "/a b.sock");
    expect("process: {workers: 2, runtime_dir: /srv/run}\n", "/srv/run/admin.sock");
    expect("{\n \"process\": {\n  \"runtime_dir\": \"/srv/run\",\n", "/srv/run/admin.sock");
    expect("# runtime_dir: /x\nprocess:\n  user: a # runtime_dir: /y\n", "/run/baton/admin.sock");
    expect("x-socket: /a\nmy_runtime_dir: /b\nsocket_group: c\n", "/run/baton/admin.sock");
    expect("admin:\n  socket: \"/unended\n", "/unended");
    expect("admin: {socket:", "/run/baton/admin.sock");
    expect("", "/run/baton/admin.sock");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
