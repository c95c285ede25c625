"""Hosts by specificity, routes in their order, and what a route may do with a request."""

import pytest


def fixed(text):
    return {"respond": {"body": text}}


def test_the_most_specific_host_wins_whatever_the_order(baton):
    proxy = baton(hosts=[{"names": ["*"], "routes": [fixed("default")]},
                         {"names": ["*.a.test"], "routes": [fixed("wildcard")]},
                         {"names": ["*.b.a.test"], "routes": [fixed("longer")]},
                         {"names": ["x.a.test"], "routes": [fixed("exact")]}])
    for host, expected in (("x.a.test", b"exact"), ("X.A.TEST", b"exact"), ("x.a.test:8080", b"exact"),
                           ("y.a.test", b"wildcard"), ("z.b.a.test", b"longer"), ("a.test", b"default"),
                           ("other.test", b"default"), ("127.0.0.1", b"default"), ("[::1]:80", b"default")):
        assert proxy.get("/", host=host).body == expected, host


def test_an_unknown_host_without_a_default_gets_no_route(baton):
    proxy = baton(hosts=[{"names": ["a.test"], "routes": [fixed("a")]}])
    assert proxy.get("/", host="b.test").status in (404, 421)
    assert proxy.wait_access_lines(1)[0]["end"] == "no_route"


def test_routes_match_in_their_order(baton):
    proxy = baton(routes=[{"match": {"path": "/exact"}, **fixed("path")},
                          {"match": {"prefix": "/api"}, **fixed("prefix")},
                          {"match": {"regex": "/v[0-9]+/"}, **fixed("regex")},
                          {"match": {"methods": ["DELETE"]}, **fixed("method")},
                          {"match": {"headers": {"X-Kind": "a"}}, **fixed("header")},
                          {"match": {"headers": {"X-Kind": "~^b+$"}}, **fixed("header regex")},
                          {"match": {"query": {"debug": "present"}}, **fixed("query")},
                          {"match": {"client_ip": ["192.0.2.0/24"]}, **fixed("nobody")},
                          {"match": {"not": {"prefix": "/keep"}}, **fixed("not")},
                          fixed("rest")])
    cases = [("GET", "/exact", [], "path"), ("GET", "/exact/", [], "not"), ("GET", "/api", [], "prefix"),
             ("GET", "/api/x", [], "prefix"), ("GET", "/apix", [], "not"), ("GET", "/v12/x", [], "regex"),
             ("DELETE", "/x", [], "method"), ("GET", "/x", [("X-Kind", "a")], "header"),
             ("GET", "/x", [("X-Kind", "bbb")], "header regex"), ("GET", "/x?debug", [], "query"),
             ("GET", "/x?a=1&debug=2", [], "query"), ("GET", "/keep/x", [], "rest")]
    for method, target, headers, expected in cases:
        with proxy.client() as client:
            client.request(method, target, headers)
            assert client.response().body.decode() == expected, (method, target, headers)


def test_a_path_is_routed_and_forwarded_as_the_same_string(proxied):
    proxy, app = proxied(routes=[{"match": {"prefix": "/admin"}, "respond": {"status": 403}}, {"to": "app"}])
    for target in ("/a/../admin/x", "/./admin", "/%61dmin", "/a/%2e%2e/admin"):
        assert proxy.get(target).status == 403, target
    assert app.requests == []


def test_a_redirect_keeps_the_whole_target(baton):
    proxy = baton(routes=[{"match": {"prefix": "/old"}, "redirect": {"to": "https://new.test{uri}", "status": 301}},
                          {"redirect": "https://{host}{uri}"}])
    answer = proxy.get("/old/a?b=c")
    assert (answer.status, answer.get("Location")) == (301, "https://new.test/old/a?b=c")
    answer = proxy.get("/x?y")
    assert (answer.status, answer.get("Location")) == (308, "https://example.test/x?y")


def test_a_fixed_answer_has_its_status_type_and_body(baton):
    proxy = baton(routes=[{"respond": {"status": 503, "body": "closed for {host}", "content_type": "text/plain"}}])
    with proxy.client() as client:
        answer = client.get("/")
        assert (answer.status, answer.body, answer.get("Content-Type")) == (503, b"closed for example.test", "text/plain")
        client.request("HEAD", "/")
        answer = client.response("HEAD")
        assert answer.get("Content-Length") == "23"
        client.request("POST", "/", body=b"x" * 1000)
        assert client.response().status == 503


@pytest.mark.parametrize("rewrite, target, expected", [
    ({"strip_prefix": "/api"}, "/api/users?x=1", "/users?x=1"),
    ({"strip_prefix": "/api"}, "/api", "/"),
    ({"add_prefix": "/v1"}, "/users", "/v1/users"),
    ({"strip_prefix": "/api", "add_prefix": "/v2"}, "/api/users", "/v2/users"),
    ({"regex": "^/u/([0-9]+)$", "replace": "/users/\\1"}, "/u/42?q", "/users/42?q"),
])
def test_a_path_is_rewritten(proxied, rewrite, target, expected):
    proxy, app = proxied(routes=[{"to": "app", "rewrite": rewrite}])
    assert proxy.get(target).status == 200
    assert app.only_request().head.target == expected


def test_header_rules_remove_set_and_add_along_the_levels(proxied):
    proxy, app = proxied(
        reply=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Powered-By: php\r\nX-A: upstream\r\n\r\nok",
        defaults={"request_headers": {"set": {"X-Level": "default", "X-Default": "1"}},
                  "response_headers": {"remove": ["X-Powered-By"]}},
        routes=[{"to": "app", "request_headers": {"set": {"X-Level": "route", "X-Client": "{client_ip}"},
                                                  "add": {"X-Many": "second"}, "remove": ["X-Secret"]},
                 "response_headers": {"set": {"X-A": "proxy"}, "add": {"X-Added": "{method}"}}}])
    answer = proxy.get("/", [("X-Many", "first"), ("X-Secret", "s")])
    head = app.only_request().head
    assert head.get("X-Level") == "route"
    assert head.get("X-Default") == "1"
    assert head.get("X-Client") == "127.0.0.1"
    assert head.all("X-Many") == ["first", "second"]
    assert not head.has("X-Secret")
    assert not answer.head.has("X-Powered-By")
    assert answer.get("X-A") == "proxy"
    assert answer.get("X-Added") == "GET"


def test_deny_and_allow_answer_403(proxied):
    proxy, app = proxied(routes=[{"match": {"path": "/denied"}, "to": "app", "deny": ["127.0.0.0/8"]},
                                 {"match": {"path": "/others"}, "to": "app", "allow": ["192.0.2.0/24"]},
                                 {"match": {"path": "/mine"}, "to": "app", "allow": ["127.0.0.1/32"]}])
    assert proxy.get("/denied").status == 403
    assert proxy.get("/others").status == 403
    assert proxy.get("/mine").status == 200
    assert len(app.requests) == 1


def test_a_weighted_target_gets_its_share(baton, upstream):
    def reply(text):
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + text

    first, second = upstream(reply=reply(b"1")), upstream(reply=reply(b"2"))
    proxy = baton(upstreams={"first": [first.endpoint], "second": [second.endpoint]},
                  routes=[{"to": [{"upstream": "first", "weight": 90}, {"upstream": "second", "weight": 10}]}])
    with proxy.client() as client:
        bodies = [client.get("/").body for _ in range(400)]
    # 400 draws of 10 %: fewer than 10 or more than 90 would be a one in many millions chance.
    assert 10 < bodies.count(b"2") < 90


def test_a_route_may_name_a_url(baton, upstream):
    app = upstream()
    proxy = baton(routes=[{"to": f"http://{app.endpoint}"}])
    assert proxy.get("/").status == 200


def test_round_robin_takes_turns_and_hash_keeps_to_one(baton, upstream):
    def reply(text):
        return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + text

    endpoints = [upstream(reply=reply(b"%d" % number)).endpoint for number in range(3)]
    proxy = baton(upstreams={"turns": {"endpoints": endpoints, "balance": "round_robin"},
                             "sticky": {"endpoints": endpoints, "balance": "hash", "hash_key": "{header.X-User}"}},
                  routes=[{"match": {"path": "/turns"}, "to": "turns"}, {"to": "sticky"}], workers=1)
    with proxy.client() as client:
        turns = [client.get("/turns").body for _ in range(9)]
        assert sorted(turns) == [b"0"] * 3 + [b"1"] * 3 + [b"2"] * 3
        for user in ("anna", "bert", "carl"):
            assert len({client.get("/", [("X-User", user)]).body for _ in range(10)}) == 1


def test_the_host_sent_upstream_may_be_the_endpoint(baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": {"endpoints": [app.endpoint], "host": "{endpoint}"}})
    proxy.get("/")
    assert app.only_request().head.get("Host") == app.endpoint
