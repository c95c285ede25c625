#include "proxy/route/route_table.h"

#include "server/net/address.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <memory>

using namespace baton;
using route::RouteMatch;
using route::RouteRequest;
using route::RouteTable;
using route::RouteVerdict;

namespace {

config::Route named(std::string name, config::Match match = {}) {
    config::Route route;
    route.name = std::move(name);
    route.match = std::move(match);
    return route;
}

config::Host host(std::vector<std::string> names, std::vector<config::Route> routes) {
    config::Host result;
    result.names = std::move(names);
    result.routes = std::move(routes);
    return result;
}

config::Match on_prefix(std::string prefix) {
    config::Match match;
    match.prefixes.push_back(std::move(prefix));
    return match;
}

config::Regex regex(std::string_view pattern) {
    std::string error;
    return config::Regex::compile(pattern, error);
}

config::FieldMatch condition(config::FieldMatch::Kind kind, std::string name, std::string value = {}) {
    config::FieldMatch result;
    result.kind = kind;
    result.name = std::move(name);
    if (kind == config::FieldMatch::Kind::regex) result.regex = regex(value);
    result.value = std::move(value);
    return result;
}
using Kind = config::FieldMatch::Kind;

/// A configuration with one listener, and what a request to it finds.
struct Site {
    config::Config config;
    std::unique_ptr<RouteTable> table;
    http::FieldList fields;
    std::string host = "example.com";
    std::string query;
    std::string method = "GET";
    std::string client = "192.0.2.1";

    explicit Site(std::vector<config::Host> hosts) {
        config.listeners.resize(2);
        config.listeners[0].name = "first";
        config.listeners[1].name = "second";
        config.hosts = std::move(hosts);
        table = std::make_unique<RouteTable>(config);
    }
    explicit Site(std::vector<config::Route> routes) : Site(std::vector{::host({"*"}, std::move(routes))}) {}

    void add(std::string_view name, std::string_view value) {
        fields.add({name, value, http::field_id(name)});
    }
    RouteMatch find(std::string_view path = "/", std::size_t listener = 0, bool ambiguous = false) {
        const auto address = client.empty() ? std::nullopt : Address::ip(client, 0);
        return table->find({.listener = listener,
                            .host = host,
                            .path = path,
                            .ambiguous_separator = ambiguous,
                            .query = query,
                            .method = method,
                            .fields = fields,
                            .client_ip = address ? address->ip_bytes() : std::span<const std::uint8_t>{}});
    }
    std::string name(std::string_view path = "/", std::size_t listener = 0) {
        const RouteMatch found = find(path, listener);
        return found.route == nullptr ? "" : found.route->name;
    }
    std::string name_for(std::string sent_host) {
        host = std::move(sent_host);
        return name();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(route_table)

BOOST_AUTO_TEST_CASE(the_most_specific_host_wins_whatever_the_order_of_the_file) {
    Site site(std::vector{host({"*"}, {named("default")}), host({"*.com"}, {named("com")}),
                          host({"*.example.com"}, {named("wildcard")}),
                          host({"www.example.com"}, {named("exact")})});
    BOOST_TEST(site.name_for("www.example.com") == "exact");
    BOOST_TEST(site.name_for("WWW.example.COM.") == "exact");
    BOOST_TEST(site.name_for("api.example.com") == "wildcard");
    BOOST_TEST(site.name_for("a.b.example.com") == "wildcard");
    BOOST_TEST(site.name_for("example.com") == "com");
    BOOST_TEST(site.name_for("example.org") == "default");
    BOOST_TEST(site.name_for("") == "default");
}

BOOST_AUTO_TEST_CASE(a_name_in_capitals_in_the_file_is_found_too) {
    Site site(std::vector{host({"WWW.Example.com"}, {named("exact")}),
                          host({"*.Example.org"}, {named("wildcard")})});
    BOOST_TEST(site.name_for("www.example.com") == "exact");
    BOOST_TEST(site.name_for("a.example.org") == "wildcard");
}

BOOST_AUTO_TEST_CASE(a_wildcard_does_not_stand_for_nothing) {
    Site site(std::vector{host({"*.example.com"}, {named("wildcard")})});
    site.host = ".example.com";
    BOOST_TEST((site.find().verdict == RouteVerdict::no_host));
    site.host = "example.com";
    BOOST_TEST((site.find().verdict == RouteVerdict::no_host));
}

BOOST_AUTO_TEST_CASE(a_host_is_found_only_on_its_listeners) {
    config::Host restricted = host({"example.com"}, {named("restricted")});
    restricted.listeners = {"second"};
    Site site(std::vector{restricted, host({"*"}, {named("default")})});
    BOOST_TEST(site.name("/", 0) == "default");
    BOOST_TEST(site.name("/", 1) == "restricted");
}

BOOST_AUTO_TEST_CASE(the_first_matching_route_of_the_file_wins) {
    Site site(std::vector{named("one", on_prefix("/a")), named("two", on_prefix("/a/b")), named("rest")});
    BOOST_TEST(site.name("/a/b") == "one");
    BOOST_TEST(site.name("/b") == "rest");
    BOOST_TEST(site.find("/b").route_index == 2U);
    BOOST_TEST(site.table->size() == 3U);
}

BOOST_AUTO_TEST_CASE(without_a_match_the_host_is_known_and_the_route_is_not) {
    Site site(std::vector{named("one", on_prefix("/a"))});
    const RouteMatch found = site.find("/b");
    BOOST_TEST((found.verdict == RouteVerdict::no_route));
    BOOST_TEST(found.host == &site.config.hosts[0]);
    BOOST_TEST(found.route == nullptr);
}

BOOST_AUTO_TEST_CASE(prefixes_end_on_segment_borders) {
    Site site(std::vector{named("api", on_prefix("/api")), named("folder", on_prefix("/folder/"))});
    BOOST_TEST(site.name("/api") == "api");
    BOOST_TEST(site.name("/api/") == "api");
    BOOST_TEST(site.name("/api/x") == "api");
    BOOST_TEST(site.name("/apix") == "");
    BOOST_TEST(site.name("/API") == "");
    BOOST_TEST(site.name("/folder") == "");
    BOOST_TEST(site.name("/folder/x") == "folder");
}

BOOST_AUTO_TEST_CASE(configured_paths_are_compared_in_the_form_that_requests_have) {
    config::Match match;
    match.paths = {"/caf\xc3\xa9", "/a b", "/%7euser"};
    Site site(std::vector{named("found", match)});
    BOOST_TEST(site.name("/caf%C3%A9") == "found");
    BOOST_TEST(site.name("/a%20b") == "found");
    BOOST_TEST(site.name("/~user") == "found");
    BOOST_TEST(site.name("/a") == "");
}

BOOST_AUTO_TEST_CASE(a_regex_is_anchored_at_the_start_and_gives_its_groups) {
    config::Match match;
    match.regexes = {regex("/users/([0-9]+)/(.*)")};
    Site site(std::vector{named("users", match), named("rest")});
    const RouteMatch found = site.find("/users/42/x/y");
    BOOST_TEST(found.route->name == "users");
    BOOST_TEST(found.groups[0] == "/users/42/x/y");
    BOOST_TEST(found.groups[1] == "42");
    BOOST_TEST(found.groups[2] == "x/y");
    BOOST_TEST(found.groups[3] == "");
    BOOST_TEST(site.name("/v1/users/42/x") == "rest");
}

BOOST_AUTO_TEST_CASE(groups_of_a_route_that_does_not_match_in_the_end_are_forgotten) {
    config::Match match;
    match.regexes = {regex("/(.*)")};
    match.headers = {condition(Kind::present, "x-user")};
    Site site(std::vector{named("users", match), named("rest")});
    const RouteMatch found = site.find("/secret");
    BOOST_TEST(found.route->name == "rest");
    BOOST_TEST(found.groups[1] == "");
}

BOOST_AUTO_TEST_CASE(methods_are_compared_exactly) {
    config::Match match;
    match.methods = {"GET", "PURGE"};
    Site site(std::vector{named("found", match)});
    for (const auto& [method, found] :
         {std::pair{"GET", true}, {"PURGE", true}, {"HEAD", false}, {"get", false}, {"POST", false}}) {
        site.method = method;
        BOOST_TEST_CONTEXT(method) {
            BOOST_TEST((site.find().route != nullptr) == found);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_header_condition_looks_at_all_values) {
    struct Row {
        Kind kind;
        std::string value;
        std::vector<std::string> sent;
        bool holds;
    };
    const Row rows[] = {
        {Kind::equals, "admin", {"admin"}, true},
        {Kind::equals, "admin", {"user", "admin"}, true},
        {Kind::equals, "admin", {"user, admin"}, true},
        {Kind::equals, "a, b", {"a, b"}, true},
        {Kind::equals, "admin", {"Admin"}, false},
        {Kind::equals, "admin", {"administrator"}, false},
        {Kind::equals, "admin", {}, false},
        {Kind::regex, "^ad", {"user", "admin"}, true},
        {Kind::regex, "^ad", {"bad"}, false},
        {Kind::present, "", {""}, true},
        {Kind::present, "", {}, false},
        {Kind::absent, "", {}, true},
        {Kind::absent, "", {"x"}, false},
    };
    for (const std::string name : {"x-role", "accept"}) {  // without and with an id
        for (const Row& row : rows) {
            config::Match match;
            match.headers = {condition(row.kind, name, row.value)};
            Site site(std::vector{named("found", match)});
            site.add("Host", "admin");
            for (const std::string& value : row.sent) site.add(name == "x-role" ? "X-Role" : "ACCEPT", value);
            BOOST_TEST_CONTEXT(name << " " << row.value << " in " << row.sent.size()) {
                BOOST_TEST((site.find().route != nullptr) == row.holds);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_query_condition_looks_at_all_values_decoded) {
    struct Row {
        Kind kind;
        std::string value;
        std::string query;
        bool holds;
    };
    const Row rows[] = {
        {Kind::equals, "1", "debug=1", true},
        {Kind::equals, "1", "debug=0&debug=1", true},
        {Kind::equals, "1", "debug=%31", true},
        {Kind::equals, "1", "d%65bug=1", true},
        {Kind::equals, "a b", "debug=a+b", true},
        {Kind::equals, "a b", "debug=a%20b", true},
        {Kind::equals, "1", "xdebug=1&debug2=1", false},
        {Kind::regex, "^[0-9]+$", "debug=x&debug=12", true},
        {Kind::present, "", "debug", true},
        {Kind::present, "", "debug=&x", true},
        {Kind::present, "", "&&x=debug", false},
        {Kind::absent, "", "x=1", true},
        {Kind::absent, "", "debug", false},
    };
    for (const Row& row : rows) {
        config::Match match;
        match.query = {condition(row.kind, "debug", row.value)};
        Site site(std::vector{named("found", match)});
        site.query = row.query;
        BOOST_TEST_CONTEXT(row.query) {
            BOOST_TEST((site.find().route != nullptr) == row.holds);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_client_address_must_lie_in_one_of_the_blocks) {
    config::Match match;
    match.client_ip = {*config::Cidr::parse("10.0.0.0/8"), *config::Cidr::parse("2001:db8::/32")};
    Site site(std::vector{named("found", match)});
    for (const auto& [client, found] :
         {std::pair{"10.1.2.3", true}, {"11.0.0.1", false}, {"2001:db8::1", true}, {"", false}}) {
        site.client = client;
        BOOST_TEST_CONTEXT(client) {
            BOOST_TEST((site.find().route != nullptr) == found);
        }
    }
}

BOOST_AUTO_TEST_CASE(not_turns_a_block_of_conditions_around) {
    config::Match inner = on_prefix("/public");
    inner.methods = {"GET"};
    config::Match outer;
    outer.negated = std::make_shared<const config::Match>(inner);
    Site site(std::vector{named("found", outer)});
    BOOST_TEST(site.name("/public") == "");
    BOOST_TEST(site.name("/private") == "found");
    site.method = "POST";
    BOOST_TEST(site.name("/public") == "found");
}

BOOST_AUTO_TEST_CASE(deny_and_allow_forbid_the_route_that_matched) {
    config::Route route = named("guarded");
    route.allow = {*config::Cidr::parse("10.0.0.0/8")};
    route.deny = {*config::Cidr::parse("10.9.0.0/16")};
    Site site(std::vector{route, named("rest")});
    for (const auto& [client, verdict] : {std::pair{"10.1.1.1", RouteVerdict::matched},
                                          {"10.9.1.1", RouteVerdict::forbidden},
                                          {"192.0.2.1", RouteVerdict::forbidden},
                                          {"", RouteVerdict::forbidden}}) {
        site.client = client;
        const RouteMatch found = site.find();
        BOOST_TEST_CONTEXT(client) {
            BOOST_TEST((found.verdict == verdict));
            BOOST_TEST(found.route->name == "guarded");
        }
    }
}

BOOST_AUTO_TEST_CASE(an_ambiguous_separator_is_refused_where_any_route_looks_at_the_path) {
    config::Match inner;
    inner.negated = std::make_shared<const config::Match>(on_prefix("/admin"));
    Site by_path(std::vector{named("a"), named("b", on_prefix("/x"))});
    Site by_negation(std::vector{named("a", inner)});
    Site by_name(std::vector{named("a")});
    BOOST_TEST((by_path.find("/a%2Fb", 0, true).verdict == RouteVerdict::bad_path));
    BOOST_TEST((by_negation.find("/a%2Fb", 0, true).verdict == RouteVerdict::bad_path));
    BOOST_TEST((by_name.find("/a%2Fb", 0, true).verdict == RouteVerdict::matched));
}

BOOST_AUTO_TEST_SUITE_END()
