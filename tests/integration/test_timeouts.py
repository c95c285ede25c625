"""Every timeout of the configuration ends what it bounds, with its status. Values are small; nothing measures time."""

import socket

import pytest

from support.free_port import listening_socket
from support.over_tls import over_tls
from support.scripted_upstream import OK
from support.waiting import wait_until


@pytest.fixture(params=["plain", "tls"])
def proxied(request, proxied, pki):
    return proxied if request.param == "plain" else over_tls(proxied, pki)


def silent_after_request(peer):
    peer.request()
    peer.wait_for_end()


def test_a_head_that_never_ends_is_answered_408(proxied):
    # It runs from the beginning of the connection; a client that says nothing by then is told nothing.
    proxy, app = proxied(defaults={"timeouts": {"client_header": "2s"}})
    with proxy.client() as client:
        client.send("GET / HTTP/1.1\r\nHost: a.test\r\n")
        answer = client.response()
        assert answer.status == 408
        assert answer.get("Connection") == "close"
        assert client.is_ended()
    assert app.requests == []
    assert proxy.wait_access_lines(1)[0]["end"] == "client_timeout"


def test_an_idle_connection_is_closed_without_a_word(proxied):
    proxy, _ = proxied(defaults={"timeouts": {"client_idle": "200ms"}})
    with proxy.client() as client:
        assert client.get("/").status == 200
        assert client.ends()


def test_a_body_that_stops_coming_is_answered_408(proxied):
    proxy, _ = proxied(script=silent_after_request, defaults={"timeouts": {"client_body": "200ms"}})
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf")
        assert client.response().status == 408
        assert client.is_ended()
    assert proxy.wait_access_lines(1)[0]["end"] == "client_timeout"


def test_an_upstream_that_does_not_answer_is_504(proxied):
    proxy, _ = proxied(script=silent_after_request, defaults={"timeouts": {"response_header": "200ms"}})
    with proxy.client() as client:
        answer = client.get("/")
        assert answer.status == 504
        assert answer.body
        # The client did nothing wrong: its connection goes on.
        assert answer.get("Connection") != "close"
        assert client.get("/").status == 504
    assert [line["end"] for line in proxy.wait_access_lines(2)] == ["upstream_timeout"] * 2


def test_a_route_may_have_a_timeout_of_its_own(proxied):
    def script(peer):
        request = peer.request()
        if request.head.target == "/fast":
            peer.wait_for_end()
        else:
            peer.send(OK)

    proxy, _ = proxied(script=script, routes=[
        {"match": {"path": "/fast"}, "to": "app", "timeouts": {"response_header": "200ms"}}, {"to": "app"}])
    assert proxy.get("/fast").status == 504
    assert proxy.get("/other").status == 200


def test_an_upstream_that_cannot_be_connected_to_in_time_is_504(baton):
    # A listener whose queue is full drops what comes: the connection is neither made nor refused.
    full = listening_socket(backlog=0)
    waiting = []
    for _ in range(4):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    proxy = baton(upstreams={"app": [f"127.0.0.1:{full.getsockname()[1]}"]},
                  defaults={"timeouts": {"connect": "200ms"}, "retries": {"attempts": 0}})
    answer = proxy.get("/")
    assert answer.status == 504
    assert proxy.wait_access_lines(1)[0]["end"] == "upstream_timeout"
    for one in waiting:
        one.close()
    full.close()


def test_a_stream_that_falls_silent_is_cut(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        peer.wait_for_end()

    proxy, _ = proxied(script=script, defaults={"timeouts": {"stream_idle": "200ms"}})
    with proxy.client() as client:
        client.request("GET", "/")
        client.reader.head()
        assert not client.reader.to_end().endswith(b"0\r\n\r\n")
    assert proxy.wait_access_lines(1)[0]["end"] == "upstream_timeout"


def test_a_total_timeout_ends_even_a_lively_request(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            wait_until(lambda: peer.send(b"1\r\na\r\n"), "the proxy hangs up")
        except OSError:
            ended.append(True)

    ended = []
    proxy, _ = proxied(script=script, defaults={"timeouts": {"total": "2s"}})
    with proxy.client() as client:
        client.request("GET", "/")
        assert client.reader.head().status == 200
        assert not client.reader.to_end().endswith(b"0\r\n\r\n")
    wait_until(lambda: ended, "the upstream is let go")


def test_a_client_that_does_not_read_is_let_go(proxied):
    ended = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            for _ in range(1000):
                peer.send(b"x" * 100_000)
        except OSError:
            ended.append(True)

    proxy, _ = proxied(script=script, defaults={"timeouts": {"client_write": "300ms"}})
    with proxy.client(receive_buffer=4096) as client:
        client.request("GET", "/")
        client.reader.head()
        wait_until(lambda: ended, "the upstream is let go")
    assert proxy.wait_access_lines(1)[0]["end"] in ("client_timeout", "client_abort")
