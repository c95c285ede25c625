"""RFC 9110 §7, RFC 9112: what a gateway passes on, adds and leaves out."""

import re

UUID_V7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_request_reaches_the_upstream_and_its_answer_the_client(proxied):
    proxy, app = proxied(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-From: app\r\n\r\nhello")
    answer = proxy.get("/path?query=1", [("X-Mine", "value")])
    assert (answer.status, answer.body, answer.get("X-From")) == (200, b"hello", "app")
    request = app.only_request()
    assert request.head.start_line == "GET /path?query=1 HTTP/1.1"
    assert request.head.get("X-Mine") == "value"
    assert request.head.get("Host") == "example.test"


def test_every_method_of_the_registry_passes(proxied):
    proxy, app = proxied()
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        with proxy.client() as client:
            client.request(method, "/x", body=b"b" if method in ("POST", "PUT", "PATCH") else b"")
            assert client.response().status == 200, method
    assert [request.head.method for request in app.requests] == ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS",
                                                                 "PROPFIND"]


def test_a_connection_carries_many_requests_and_so_does_the_one_behind(proxied):
    proxy, app = proxied(workers=1)
    with proxy.client() as client:
        for number in range(50):
            assert client.get(f"/{number}").body == b"ok"
    assert len(app.requests) == 50
    assert app.connections == 1


def test_connection_close_of_the_client_is_obeyed(proxied):
    proxy, _ = proxied()
    with proxy.client() as client:
        answer = client.get("/", [("Connection", "close")])
        assert answer.get("Connection") == "close"
        assert client.ends()


def test_http_1_0_gets_its_answer_and_the_end_of_the_connection(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("GET / HTTP/1.0\r\nHost: example.test\r\n\r\n")
        assert client.response().body == b"ok"
        assert client.ends()
    assert app.only_request().head.start_line.endswith("HTTP/1.1")


def test_a_chunked_answer_to_http_1_0_ends_with_the_connection(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    with proxy.client() as client:
        client.send("GET / HTTP/1.0\r\nHost: example.test\r\n\r\n")
        answer = client.response()
    assert answer.body == b"abc"
    assert answer.get("Transfer-Encoding") is None


def test_pipelined_requests_are_answered_in_their_order(proxied):
    def script(peer):
        while True:
            target = peer.request().head.target.encode()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.send("".join(f"GET /{number} HTTP/1.1\r\nHost: a.test\r\n\r\n" for number in range(20)))
        assert [client.response().body for _ in range(20)] == [f"/{number}".encode() for number in range(20)]


def test_a_pipelined_request_with_a_body_does_not_eat_the_next(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc"
                    "POST /b HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
                    "GET /c HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert [client.response().status for _ in range(3)] == [200, 200, 200]
    assert [(request.head.target, request.body) for request in app.requests] == [("/a", b"abc"), ("/b", b"de"),
                                                                                 ("/c", b"")]


def test_a_head_may_arrive_byte_by_byte(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        for byte in b"GET /slowly HTTP/1.1\r\nHost: a.test\r\nX-A: b\r\n\r\n":
            client.send(bytes([byte]))
        assert client.response().body == b"ok"
    assert app.only_request().head.get("X-A") == "b"


def test_a_request_body_passes_with_its_length(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.request("POST", "/", body=b"x" * 100_000)
        assert client.response().status == 200
    assert app.only_request().body == b"x" * 100_000


def test_a_chunked_request_body_passes_whole(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        assert client.response().status == 200
    assert app.only_request().body == b"hello world"
    assert ";ext" not in app.only_request().head.raw.decode()


def test_a_chunked_answer_passes_whole(proxied):
    chunks = b"".join(b"%x\r\n%s\r\n" % (size, b"z" * size) for size in (1, 16, 4096, 70_000))
    proxy, _ = proxied(reply=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    with proxy.client() as client:
        assert client.get("/").body == b"z" * (1 + 16 + 4096 + 70_000)
        assert client.get("/").framing == "chunked"


def test_an_answer_that_ends_with_its_connection_passes_whole(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"y" * 50_000)

    proxy, _ = proxied(script=script)
    assert proxy.get("/").body == b"y" * 50_000


def test_trailers_of_an_answer_do_not_become_fields_of_its_head(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Trailer: t\r\n\r\n")
    with proxy.client() as client:
        answer = client.get("/")
        assert answer.body == b"a"
        assert answer.get("X-Trailer") is None
        assert client.get("/").body == b"a"


def test_answers_to_head_and_without_content_have_no_body(proxied):
    def script(peer):
        while True:
            request = peer.request()
            if request.head.method == "HEAD":
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n")
            elif request.head.target == "/204":
                peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            else:
                peer.send(b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 99\r\n\r\n")

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("HEAD", "/")
        answer = client.response("HEAD")
        assert answer.get("Content-Length") == "1234"
        assert client.get("/204").status == 204
        answer = client.get("/304")
        assert (answer.status, answer.get("ETag")) == (304, '"x"')
        # The connection is still in step.
        assert client.get("/204").status == 204


def test_the_authority_of_an_absolute_target_replaces_host(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("GET http://real.test/p?q HTTP/1.1\r\nHost: other.test\r\n\r\n")
        assert client.response().status == 200
    request = app.only_request()
    assert request.head.target == "/p?q"
    assert request.head.get("Host") == "real.test"


def test_fields_of_one_hop_do_not_pass(proxied):
    proxy, app = proxied(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
                               b"Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nX-Stay: 1\r\n\r\nok")
    answer = proxy.get("/", [("Connection", "X-Private, keep-alive"), ("X-Private", "1"), ("Keep-Alive", "5"),
                             ("Proxy-Connection", "keep-alive"), ("TE", "gzip"), ("X-Stay", "1")])
    request = app.only_request().head
    for name in ("X-Private", "Keep-Alive", "Proxy-Connection", "TE"):
        assert not request.has(name), name
    assert request.get("X-Stay") == "1"
    for name in ("X-Hop", "Keep-Alive", "Proxy-Connection"):
        assert not answer.head.has(name), name
    assert answer.get("X-Stay") == "1"


def test_a_client_cannot_have_framing_host_or_forwarding_fields_removed(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.request("POST", "/", [("Connection", "Host, Content-Length, X-Forwarded-For, X-Forwarded-Proto")], b"abc")
        assert client.response().status == 200
    request = app.only_request()
    assert request.body == b"abc"
    assert request.head.get("Host") == "example.test"
    assert request.head.get("X-Forwarded-For") == "127.0.0.1"


def test_forwarding_fields_of_a_stranger_are_replaced(proxied):
    proxy, app = proxied()
    proxy.get("/", [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.test"),
                    ("Forwarded", "for=1.2.3.4")])
    request = app.only_request().head
    assert request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "http"
    assert request.get("X-Forwarded-Host") == "example.test"
    assert "1.2.3.4" not in request.raw.decode()


def test_forwarding_fields_of_a_trusted_proxy_are_kept_and_extended(proxied, baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": [app.endpoint]}, start=False)
    port = proxy.address[1]
    proxy.sections["listeners"] = [{"address": f"127.0.0.1:{port}", "trusted_proxies": ["127.0.0.0/8"]}]
    proxy.write_config()
    proxy.start()
    proxy.get("/", [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")])
    request = app.only_request().head
    assert request.get("X-Forwarded-For") == "203.0.113.9, 127.0.0.1"
    assert request.get("X-Forwarded-Proto") == "https"
    assert proxy.wait_access_lines(1)[0]["client_ip"] == "203.0.113.9"


def test_forwarded_and_via_are_sent_when_configured(baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": [app.endpoint]}, start=False)
    proxy.sections["listeners"] = [{"address": f"127.0.0.1:{proxy.address[1]}", "forwarded": "forwarded", "via": True}]
    proxy.write_config()
    proxy.start()
    answer = proxy.get("/")
    request = app.only_request().head
    assert "for=127.0.0.1" in request.get("Forwarded")
    assert "proto=http" in request.get("Forwarded")
    assert not request.has("X-Forwarded-For")
    assert request.get("Via").startswith("1.1 ")
    assert answer.get("Via").startswith("1.1 ")


def test_names_with_an_underscore_do_not_pass(proxied):
    proxy, app = proxied()
    proxy.get("/", [("X_Forwarded_For", "1.2.3.4"), ("X-Good", "1")])
    assert not app.only_request().head.has("X_Forwarded_For")
    assert app.only_request().head.get("X-Good") == "1"


def test_each_request_gets_an_id_of_its_own_that_the_log_knows(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.get("/a")
        client.get("/b", [("X-Request-Id", "mine")])
    ids = [request.head.get("X-Request-Id") for request in app.requests]
    assert all(UUID_V7.fullmatch(one) for one in ids), ids
    assert ids[0] != ids[1]
    assert [line["id"] for line in proxy.wait_access_lines(2)] == ids


def test_traceparent_is_made_or_passed(proxied):
    proxy, app = proxied()
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with proxy.client() as client:
        client.get("/")
        client.get("/", [("traceparent", given)])
    made, passed = (request.head.get("traceparent") for request in app.requests)
    assert TRACEPARENT.fullmatch(made)
    assert passed.split("-")[1] == given.split("-")[1]


def test_the_server_field_names_the_proxy_unless_told_otherwise(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 200 OK\r\nServer: app/9\r\nContent-Length: 2\r\n\r\nok")
    assert proxy.get("/").get("Server") == "baton"


def test_two_clients_share_nothing(proxied):
    def script(peer):
        while True:
            request = peer.request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request.body), request.body))

    proxy, _ = proxied(script=script, workers=1)
    with proxy.client() as first, proxy.client() as second:
        for number in range(20):
            first.request("POST", "/", body=b"first %d" % number)
            second.request("POST", "/", body=b"second %d" % number)
            assert first.response().body == b"first %d" % number
            assert second.response().body == b"second %d" % number
