"""RFC 9110 §10.1.1 and §15.2; RFC 9112 §9.3: answers before the answer, and answers before the request's end."""

import pytest

from support.over_tls import over_tls
from support.scripted_upstream import OK
from support.waiting import wait_until

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.fixture(params=["plain", "tls"])
def proxied(request, proxied, pki):
    return proxied if request.param == "plain" else over_tls(proxied, pki)


def test_a_client_that_expects_100_continue_but_does_not_wait_is_served(proxied):
    """An upstream that knows nothing of the expectation just answers (RFC 9110 §10.1.1)."""
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody")
        assert client.response().status == 200
    assert app.only_request().body == b"body"


def test_an_expectation_nobody_knows_is_refused_with_417(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 200-maybe\r\n\r\n")
        assert client.response().status == 417
        assert client.is_ended()
    assert app.requests == []


def test_an_expectation_in_http_1_0_is_ignored(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send("POST / HTTP/1.0\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody")
        answer = client.response()
    assert answer.status == 200 and not answer.interim
    assert app.only_request().body == b"body"


def test_early_hints_pass_before_the_answer(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n" + OK)
    answer = proxy.get("/")
    assert answer.body == b"ok"
    assert [(head.status, head.get("Link")) for head in answer.interim] == [(103, "</a.css>; rel=preload")]


def test_interim_answers_are_not_sent_to_http_1_0(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + OK)
    with proxy.client() as client:
        client.send("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n")
        answer = client.response()
    assert answer.body == b"ok" and not answer.interim


def test_a_flood_of_interim_answers_is_a_bad_gateway(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 103 Early Hints\r\n\r\n" * 50 + OK)
    assert proxy.get("/").status == 502


def test_a_final_answer_before_the_end_of_the_request_arrives_and_neither_connection_is_reused(proxied):
    def script(peer):
        peer.reader.head()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        peer.wait_for_end()

    proxy, app = proxied(script=script, workers=1)
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n" + "x" * 1000)
        answer = client.response()
        assert (answer.status, answer.body) == (403, b"no")
        # What follows can never be read as a request.
        try:
            client.send("GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n")
            client.finish_sending()
        except OSError:
            pass
        assert client.is_ended()
    wait_until(lambda: app.connections >= 1, "the upstream was asked")
    assert proxy.get("/").status == 403
    assert app.connections == 2


def test_the_upstream_sees_the_body_only_once_it_is_sent(proxied):
    def script(peer):
        head = peer.reader.head()
        assert head.get("Content-Length") == "4"
        if head.has("Expect"):
            peer.send(CONTINUE)
        assert peer.reader.exactly(4) == b"body"
        peer.send(OK)

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.reader.head().status == 100
        client.send("body")
        answer = client.response()
    assert answer.status == 200 and not answer.interim, "100 Continue comes once"
