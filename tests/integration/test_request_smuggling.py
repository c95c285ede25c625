"""What is ambiguous is refused with the status of its rule, the connection ends, and nothing reaches the upstream.

Rows are named by the section of RFC 9112 or RFC 9110 that refuses them.
"""

import pytest

from support.baton import Baton
from support.http_message import EarlyEnd
from support.scripted_upstream import ScriptedUpstream

HOST = "Host: a.test\r\n"
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n"


def post(fields, body=""):
    return f"POST / HTTP/1.1\r\n{HOST}{fields}\r\n{body}"


CHUNKED = "Transfer-Encoding: chunked\r\n"

REFUSED = {
    # RFC 9112 §6.1, §6.3: both framings at once
    "6.1 length and chunked": (400, post("Content-Length: 5\r\n" + CHUNKED, "0\r\n\r\n" + SMUGGLED)),
    "6.1 chunked and length": (400, post(CHUNKED + "Content-Length: 5\r\n", "0\r\n\r\n" + SMUGGLED)),
    # RFC 9112 §6.1, §7: what is not exactly chunked
    "6.1 unknown coding": (501, post("Transfer-Encoding: gzip\r\n", SMUGGLED)),
    "6.1 unknown coding before chunked": (501, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    "6.1 chunked twice": (400, post(CHUNKED + CHUNKED, "0\r\n\r\n")),
    "6.1 chunked twice in a list": (400, post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")),
    "6.1 empty coding": (400, post("Transfer-Encoding:\r\n", SMUGGLED)),
    "6.1 chunked with a parameter": (400, post("Transfer-Encoding: chunked;a=b\r\n", "0\r\n\r\n")),
    "6.1 chunked with a vertical tab": (400, post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n")),
    "6.1 quoted chunked": (400, post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n")),
    "6.1 chunked in http/1.0": (400, "POST / HTTP/1.0\r\n" + HOST + CHUNKED + "\r\n0\r\n\r\n"),
    # RFC 9110 §8.6, RFC 9112 §6.3: lengths
    "8.6 different lengths": (400, post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")),
    "8.6 different lengths in a list": (400, post("Content-Length: 5, 6\r\n", "hello")),
    "8.6 signed length": (400, post("Content-Length: +5\r\n", "hello")),
    "8.6 negative length": (400, post("Content-Length: -5\r\n", "hello")),
    "8.6 hexadecimal length": (400, post("Content-Length: 0x5\r\n", "hello")),
    "8.6 length with junk": (400, post("Content-Length: 5a\r\n", "hello")),
    "8.6 empty length": (400, post("Content-Length:\r\n", "hello")),
    "8.6 length with a space": (400, post("Content-Length: 1 2\r\n", "hello")),
    "8.6 length that overflows": (400, post("Content-Length: 18446744073709551621\r\n", "hello")),
    # RFC 9112 §5.1, RFC 9110 §5.1: names
    "5.1 space before the colon": (400, post("Content-Length : 5\r\n", "hello")),
    "5.1 tab before the colon": (400, post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n")),
    "5.1 empty name": (400, post(": value\r\n")),
    "5.1 no colon": (400, post("nothing\r\n")),
    "5.1 name that is no token": (400, post("X-(a): b\r\n")),
    "5.1 space before the first field": (400, f"GET / HTTP/1.1\r\n X: y\r\n{HOST}\r\n"),
    # RFC 9112 §5.2: folding
    "5.2 folded field": (400, post("X-A: b\r\n c\r\n")),
    "5.2 folded coding": (400, post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")),
    # RFC 9112 §2.2, RFC 9110 §5.5: line ends and controls
    "2.2 bare CR in a value": (400, post("X-A: b\rTransfer-Encoding: chunked\r\n")),
    "2.2 bare LF ends a line": (400, "GET / HTTP/1.1\nHost: a.test\n\n"),
    "5.5 NUL in a value": (400, post("X-A: b\0c\r\n")),
    "5.5 control in a value": (400, post("X-A: b\x01c\r\n")),
    "5.5 DEL in a value": (400, post("X-A: b\x7fc\r\n")),
    # RFC 9112 §3: the request line
    "3 two spaces": (400, f"GET  / HTTP/1.1\r\n{HOST}\r\n"),
    "3 trailing space": (400, f"GET / HTTP/1.1 \r\n{HOST}\r\n"),
    "3 tab for a space": (400, f"GET\t/ HTTP/1.1\r\n{HOST}\r\n"),
    "3 no version": (400, f"GET /\r\n{HOST}\r\n"),
    "3 lower-case version": (400, f"GET / http/1.1\r\n{HOST}\r\n"),
    "2.3 version 2.0": (505, f"GET / HTTP/2.0\r\n{HOST}\r\n"),
    "2.3 version 1.1 with more digits": (400, f"GET / HTTP/1.10\r\n{HOST}\r\n"),
    "3 method that is no token": (400, f"G@T / HTTP/1.1\r\n{HOST}\r\n"),
    "3.2 target without a slash": (400, f"GET path HTTP/1.1\r\n{HOST}\r\n"),
    "3.2 control in the target": (400, f"GET /a\x01b HTTP/1.1\r\n{HOST}\r\n"),
    "3.2 fragment in the target": (400, f"GET /a#b HTTP/1.1\r\n{HOST}\r\n"),
    # RFC 9112 §3.2: Host
    "3.2 no host": (400, "GET / HTTP/1.1\r\n\r\n"),
    "3.2 two hosts": (400, "GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n"),
    "3.2 two equal hosts": (400, "GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n"),
    "3.2 host with a path": (400, "GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n"),
    "3.2 host with user information": (400, "GET / HTTP/1.1\r\nHost: user@a.test\r\n\r\n"),
    "3.2 host with a space": (400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    "3.2 host with a bad port": (400, "GET / HTTP/1.1\r\nHost: a.test:x\r\n\r\n"),
    # RFC 9110 §9.3.6, §9.3.8
    "9.3.6 CONNECT": ((405, 501, 400), "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"),
    "9.3.8 TRACE": ((405, 501), f"TRACE / HTTP/1.1\r\n{HOST}\r\n"),
    # RFC 3986 §6.2.2, §5.2.4
    "3986 escape above the root": (400, f"GET /../secret HTTP/1.1\r\n{HOST}\r\n"),
    "3986 encoded NUL": (400, f"GET /a%00b HTTP/1.1\r\n{HOST}\r\n"),
    "3986 broken escape": (400, f"GET /a%zz HTTP/1.1\r\n{HOST}\r\n"),
}

# RFC 9112 §7.1: the head is fine, the chunks are not. The upstream may have seen the head, never a whole request.
BAD_CHUNKS = {
    "7.1 sign": "+5\r\nhello\r\n0\r\n\r\n",
    "7.1 0x": "0x5\r\nhello\r\n0\r\n\r\n",
    "7.1 underscore": "1_0\r\nhello\r\n0\r\n\r\n",
    "7.1 leading space": " 5\r\nhello\r\n0\r\n\r\n",
    "7.1 trailing space": "5 \r\nhello\r\n0\r\n\r\n",
    "7.1 empty size": "\r\nhello\r\n0\r\n\r\n",
    "7.1 overflow": "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "7.1 not hexadecimal": "g\r\nhello\r\n0\r\n\r\n",
    "7.1 negative": "-1\r\nhello\r\n0\r\n\r\n",
    "7.1 bare LF after the size": "5\nhello\r\n0\r\n\r\n",
    "7.1 no CRLF after the data": "5\r\nhelloX0\r\n\r\n",
    "7.1 bare LF after the data": "5\r\nhello\n0\r\n\r\n",
    "7.1 longer than it says": "4\r\nhello\r\n0\r\n\r\n",
    "7.1.1 LF in an extension": "5;a\nb\r\nhello\r\n0\r\n\r\n",
    "7.1.1 CR in an extension": "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "7.1.1 endless extension": "5;" + "a" * 10_000 + "\r\nhello\r\n0\r\n\r\n",
    "7.1.2 folded trailer": "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
    "7.1.2 trailer without a colon": "5\r\nhello\r\n0\r\nnothing\r\n\r\n",
}


def refused(proxy, data):
    """The status of the only answer; the connection must end after it."""
    with proxy.client() as client:
        try:
            client.send(data)
        except OSError:
            pass
        answer = client.response()
        assert client.is_ended(), "the connection goes on"
        assert not client.reader.buffer
        assert answer.body.startswith(str(answer.status).encode()), answer.body
        return answer.status


@pytest.fixture(scope="module")
def strict():
    """One proxy for the whole table: a refused connection must leave no trace."""
    app = ScriptedUpstream()
    proxy = Baton(upstreams={"app": [app.endpoint]}).start()
    yield proxy, app
    proxy.stop()
    app.close()


@pytest.mark.parametrize("status, data", REFUSED.values(), ids=REFUSED.keys())
def test_an_ambiguous_request_is_refused(strict, status, data):
    proxy, app = strict
    before = len(app.requests)
    answered = refused(proxy, data)
    assert answered in (status if isinstance(status, tuple) else (status,))
    assert len(app.requests) == before


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_a_chunk_that_is_not_exact_never_completes_a_request(strict, body):
    proxy, app = strict
    before = len(app.requests)
    assert refused(proxy, post(CHUNKED, body)) == 400
    assert len(app.requests) == before


def test_equal_lengths_are_one_length(strict):
    proxy, app = strict
    with proxy.client() as client:
        client.send(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"))
        status = client.response().status
    assert status in (200, 400)
    if status == 200:
        assert app.requests[-1].head.all("Content-Length") == ["5"]


def test_empty_lines_before_a_request_are_ignored(strict):
    """RFC 9112 §2.2: at least one CRLF before the request line is to be tolerated."""
    proxy, _ = strict
    with proxy.client() as client:
        client.send(f"\r\nGET / HTTP/1.1\r\n{HOST}\r\n")
        assert client.response().status == 200


def test_only_the_first_of_two_requests_counts_when_the_second_is_bad(strict):
    proxy, app = strict
    before = len(app.requests)
    with proxy.client() as client:
        client.send(f"GET /good HTTP/1.1\r\n{HOST}\r\n" + "GET / HTTP/1.1\r\nHost : a.test\r\n\r\n" + SMUGGLED)
        assert client.response().status == 200
        assert client.response().status == 400
        assert client.is_ended()
    assert [request.head.target for request in app.requests[before:]] == ["/good"]


def test_a_refusal_is_logged_as_a_bad_request(proxied):
    proxy, _ = proxied()
    assert refused(proxy, post("Content-Length : 5\r\n")) == 400
    line = proxy.wait_access_lines(1)[0]
    assert (line["status"], line["end"]) == (400, "bad_request")


def test_a_client_that_sends_nonsense_gets_one_answer_and_the_end(strict):
    proxy, _ = strict
    with proxy.client() as client:
        try:
            client.send(b"\x16\x03\x01\x02\x00\x01\x00" + bytes(range(256)) * 4)
        except OSError:
            pass
        try:
            assert client.response().status == 400
        except EarlyEnd:
            pass
        assert client.is_ended()
