"""Every limit of the configuration answers with its status and lets nothing through."""

from support.http_message import EarlyEnd
from support.waiting import wait_until


def test_a_target_that_is_too_long_is_414(proxied):
    proxy, app = proxied(defaults={"limits": {"uri_size": "1KiB"}})
    assert proxy.get("/" + "a" * 900).status == 200
    answer = proxy.get("/" + "a" * 2000)
    assert answer.status == 414
    assert len(app.requests) == 1


def test_a_head_that_is_too_large_is_431(proxied):
    proxy, app = proxied(defaults={"limits": {"header_size": "4KiB"}})
    assert proxy.get("/", [("X-A", "a" * 2000)]).status == 200
    assert proxy.get("/", [("X-A", "a" * 5000)]).status == 431
    assert len(app.requests) == 1


def test_too_many_fields_are_431(proxied):
    proxy, app = proxied(defaults={"limits": {"header_count": 10}})
    assert proxy.get("/", [(f"X-{n}", "1") for n in range(8)]).status == 200
    assert proxy.get("/", [(f"X-{n}", "1") for n in range(20)]).status == 431
    assert len(app.requests) == 1


def test_a_head_without_end_is_cut_off(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        try:
            client.send("GET / HTTP/1.1\r\nHost: a.test\r\n")
            for _ in range(100):
                client.send("X-More: " + "a" * 1000 + "\r\n")
        except OSError:
            pass
        assert client.response().status == 431
    assert app.requests == []


def test_a_declared_body_that_is_too_large_is_413_before_it_is_read(proxied):
    proxy, app = proxied(defaults={"limits": {"body_size": "1KiB"}})
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5000\r\n\r\n")
        assert client.response().status == 413
        assert client.is_ended()
    assert app.requests == []


def test_a_chunked_body_that_grows_too_large_is_413(proxied):
    proxy, app = proxied(defaults={"limits": {"body_size": "1KiB"}})
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"800\r\n" + b"x" * 2048 + b"\r\n0\r\n\r\n")
        answer = client.response()
        assert answer.status == 413
        assert answer.body.startswith(b"413 "), answer.body
        if answer.get("Connection") != "close":
            assert client.get("/").status == 200
    assert all(request.body == b"" for request in app.requests)


def test_a_body_limit_of_a_route_wins(proxied):
    proxy, _ = proxied(defaults={"limits": {"body_size": "1KiB"}}, routes=[
        {"match": {"path": "/upload"}, "to": "app", "limits": {"body_size": "off"}}, {"to": "app"}])
    for target, expected in (("/upload", 200), ("/", 413)):
        with proxy.client() as client:
            client.request("POST", target, body=b"x" * 50_000)
            assert client.response().status == expected


def test_a_connection_ends_after_its_number_of_requests(proxied):
    proxy, _ = proxied(defaults={"limits": {"requests_per_connection": 3}})
    with proxy.client() as client:
        assert client.get("/").get("Connection") != "close"
        assert client.get("/").get("Connection") != "close"
        assert client.get("/").get("Connection") == "close"
        assert client.ends()


def test_one_address_may_hold_only_so_many_connections(proxied):
    proxy, _ = proxied(workers=1, defaults={"limits": {"connections_per_ip": 2}})
    with proxy.client() as first, proxy.client() as second:
        assert first.get("/").status == 200
        assert second.get("/").status == 200
        with proxy.client() as third:
            try:
                third.request("GET", "/")
                assert third.response().status in (429, 503)
            except (ConnectionError, EarlyEnd):
                pass  # closed without a word is as good

    def served():
        try:
            return proxy.get("/").status == 200
        except (ConnectionError, EarlyEnd):
            return False

    wait_until(served, "a place is free again")
