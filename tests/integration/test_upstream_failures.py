"""RFC 9110 §15.6: 502, 503 and 504 with a reason in the log, retries only where they are allowed."""

import pytest

from support.free_port import closed_port
from support.scripted_upstream import OK

BAD_ANSWERS = {
    "garbage": b"\x16\x03\x01 this is no HTTP\r\n\r\n",
    "no status line": b"hello\r\n\r\n",
    "http/0.9": b"<html>hi</html>",
    "a version nobody knows": b"HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "both framings": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "a folded field": b"HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 2\r\n\r\nok",
    "a bare CR in a value": b"HTTP/1.1 200 OK\r\nX-A: b\rX-B: c\r\nContent-Length: 2\r\n\r\nok",
    "a NUL in a value": b"HTTP/1.1 200 OK\r\nX-A: b\0c\r\nContent-Length: 2\r\n\r\nok",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
    "a switch nobody asked for": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_a_bad_answer_is_502_and_its_connection_is_not_used_again(proxied, answer):
    def script(peer):
        peer.request()
        peer.send(answer)
        if answer.startswith(b"<html>"):
            return
        peer.wait_for_end()

    proxy, app = proxied(script=script, workers=1, defaults={"retries": {"attempts": 0}})
    with proxy.client() as client:
        first = client.get("/")
        assert first.status == 502
        assert first.body
        assert client.get("/").status == 502
    assert app.connections == 2
    # What ends before its first line is complete may as well be called cut short.
    expected = {"upstream_reset" if answer.startswith(b"<html>") else "upstream_bad_response"}
    assert {line["end"] for line in proxy.wait_access_lines(2)} == expected


def test_an_endless_head_of_an_answer_is_502(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        try:
            for _ in range(10_000):
                peer.send(b"X-More: " + b"a" * 1000 + b"\r\n")
        except OSError:
            pass

    proxy, _ = proxied(script=script, defaults={"retries": {"attempts": 0}})
    assert proxy.get("/").status == 502


def test_nobody_listening_is_502_with_its_reason(baton):
    proxy = baton(upstreams={"app": [f"127.0.0.1:{closed_port()}"]})
    with proxy.client() as client:
        answer = client.get("/")
        assert answer.status == 502 and answer.body
        assert client.get("/").status == 502, "the client's connection goes on"
    assert {line["end"] for line in proxy.wait_access_lines(2)} == {"upstream_refused"}


def test_an_upstream_without_a_usable_endpoint_is_503(baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": {"endpoints": [{"address": app.endpoint, "weight": 0}]}})
    assert proxy.get("/").status == 503
    assert proxy.wait_access_lines(1)[0]["end"] == "no_endpoint"


def test_a_reset_before_the_answer_is_502(proxied):
    def script(peer):
        peer.request()
        peer.reset()

    proxy, app = proxied(script=script, defaults={"retries": {"attempts": 0}})
    assert proxy.get("/").status == 502
    assert proxy.wait_access_lines(1)[0]["end"] == "upstream_reset"
    assert app.connections == 1


def test_a_body_cut_short_ends_the_clients_connection(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/")
        assert client.reader.head().status == 200
        assert client.reader.to_end() == b"half"
    assert proxy.wait_access_lines(1)[0]["end"] == "upstream_reset"


def test_a_safe_request_is_tried_again_elsewhere_when_the_connection_is_refused(baton, upstream):
    app = upstream()
    proxy = baton(upstreams={"app": {"endpoints": [f"127.0.0.1:{closed_port()}", app.endpoint], "balance": "round_robin"}})
    for _ in range(6):
        assert proxy.get("/").status == 200


def test_a_request_without_side_effects_is_tried_again_when_its_pooled_connection_is_reset(proxied):
    """`reset` in `retries.when`: closed before any byte of the answer, on a connection that was used before."""

    def script(peer):
        app.answer(peer)
        if peer.number == 1:
            peer.request()
            peer.reset()
            return
        app.answer(peer)

    proxy, app = proxied(script=script, workers=1)
    with proxy.client() as client:
        assert client.get("/").status == 200
        assert client.get("/").status == 200
    assert [line["tries"] for line in proxy.wait_access_lines(2)] == [1, 2]


def test_a_post_is_never_sent_twice_once_it_has_begun(proxied):
    """RFC 9110 §9.2.2: a proxy must not repeat a request that is not idempotent."""

    def script(peer):
        app.requests.append(peer.request())
        peer.reset()

    proxy, app = proxied(script=script)
    with proxy.client() as client:
        client.request("POST", "/", body=b"order")
        assert client.response().status == 502
    assert len(app.requests) == 1


def test_an_answer_that_has_begun_is_never_asked_for_again(proxied):
    def script(peer):
        app.requests.append(peer.request())
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Le")
        peer.reset()

    proxy, app = proxied(script=script)
    assert proxy.get("/").status == 502
    assert len(app.requests) == 1


def test_a_pooled_connection_that_its_upstream_has_closed_costs_no_client_anything(proxied):
    def script(peer):
        app.answer(peer)  # one answer that promises more, then FIN

    proxy, app = proxied(script=script, workers=1)
    with proxy.client() as client:
        for _ in range(30):
            assert client.get("/").status == 200
    assert len(app.requests) == 30


def test_bytes_after_an_answer_never_become_the_answer_of_another_client(proxied):
    """Response queue poisoning: a connection with stray bytes is closed, not pooled."""
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"

    def script(peer):
        while True:
            app.requests.append(peer.request())
            peer.send(OK + stray)

    proxy, app = proxied(script=script, workers=1)
    for _ in range(10):
        assert proxy.get("/").body == b"ok"


def test_a_weighted_route_and_a_backup_endpoint_are_respected(baton, upstream):
    main, spare = upstream(reply=OK), upstream(reply=OK.replace(b"ok", b"sp"))
    proxy = baton(upstreams={"app": {"endpoints": [main.endpoint, {"address": spare.endpoint, "backup": True}]}})
    assert {proxy.get("/").body for _ in range(10)} == {b"ok"}
    assert spare.requests == []
