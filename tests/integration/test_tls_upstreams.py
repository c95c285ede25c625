"""TLS to the servers behind the proxy: verified, named, shown a certificate, and refused with words in the log."""

import hashlib
import json

import pytest

from support import certificates as making
from support import websocket
from support.background import BackendProcess
from support.backend import known_bytes
from support.scripted_upstream import OK
from support.tls_client import server_context, update_keys
from support.waiting import wait_until
from support.websocket import BINARY, CLOSE, close_frame, frame, read_frame


@pytest.fixture
def trusting(baton, upstream, pki):
    """A proxy before a TLS server: `proxy, app = trusting(names=…, tls={…}, …)`."""

    def make(script=None, names=("127.0.0.1",), tls=None, context=None, reply=OK, **keywords):
        app = upstream(script, reply=reply, tls=context or server_context(pki.certificate(*names)))
        settings = {"ca": str(pki.ca)} if tls is None else tls
        return baton(upstreams={"app": {"endpoints": [app.endpoint], "tls": settings}}, **keywords), app

    return make


def reason(proxy):
    (line,) = proxy.wait_access_lines(1)
    assert line["status"] == 502 and line["end"] == "upstream_tls"
    return line["detail"]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_server_with_the_right_certificate_is_used_and_its_connection_kept(trusting, pki, version):
    context = server_context(pki.certificate("127.0.0.1"), version=version)
    proxy, app = trusting(context=context, workers=1)
    for _ in range(10):
        assert proxy.get("/").body == b"ok"
    assert app.connections == 1
    assert {peer.sock.version() for peer in app.peers} == {f"TLSv{version}"}


def test_a_server_of_another_name_is_a_bad_gateway_and_gets_no_request(trusting):
    proxy, app = trusting(names=("other.test",))
    answer = proxy.get("/")
    assert answer.status == 502
    assert b"secure" in answer.body and b"mismatch" not in answer.body.lower()
    assert "certificate" in reason(proxy)
    assert not app.requests


def test_a_server_of_another_authority_is_a_bad_gateway(trusting, tmp_path):
    strange = making.make_ca(tmp_path, name="strange")
    proxy, app = trusting(tls={"ca": str(strange.cert)})
    assert proxy.get("/").status == 502
    assert "certificate" in reason(proxy)


def test_without_a_ca_of_its_own_the_systems_authorities_are_asked(trusting):
    proxy, _ = trusting(tls={"enabled": True})
    assert proxy.get("/").status == 502
    assert "certificate" in reason(proxy)


def test_an_expired_certificate_is_a_bad_gateway(trusting, pki):
    old = pki.certificate("127.0.0.1", days=-1)
    proxy, _ = trusting(context=server_context(old))
    assert proxy.get("/").status == 502
    assert "certificate" in reason(proxy)


def test_who_does_not_verify_takes_anything(trusting, tmp_path):
    proxy, _ = trusting(context=server_context(making.make_certificate(tmp_path, ["whoever"])), tls={"verify": False})
    assert proxy.get("/").body == b"ok"


def test_the_configured_name_is_sent_and_verified(trusting, pki):
    asked = []
    context = server_context(pki.certificate("inner.test"))
    context.sni_callback = lambda _, name, __: asked.append(name)
    proxy, _ = trusting(context=context, tls={"ca": str(pki.ca), "server_name": "inner.test"})
    assert proxy.get("/").body == b"ok"
    assert asked == ["inner.test"]


def test_a_name_is_sent_and_an_address_is_not(baton, upstream, pki):
    asked = []
    context = server_context(pki.certificate("localhost", "127.0.0.1"))
    context.sni_callback = lambda _, name, __: asked.append(name)
    app = upstream(tls=context)
    port = app.endpoint.split(":")[1]
    for host, expected in (("127.0.0.1", None), ("localhost", "localhost")):
        proxy = baton(upstreams={"app": {"endpoints": [f"{host}:{port}"], "tls": {"ca": str(pki.ca)}}})
        assert proxy.get("/").body == b"ok"
        assert asked.pop() == expected


def test_an_https_url_in_a_route_is_tls(baton, upstream, pki):
    app = upstream(tls=server_context(pki.certificate("127.0.0.1")))
    proxy = baton(routes=[{"to": f"https://{app.endpoint}"}])
    assert proxy.get("/").status == 502  # the system does not know the tests' CA
    assert wait_until(lambda: app.handshake_errors, "the server has seen a handshake")


def test_our_certificate_is_shown_to_servers_that_insist(trusting, pki):
    me = pki.certificate("me", client=True)
    context = server_context(pki.certificate("127.0.0.1"), ca=pki.ca)
    proxy, app = trusting(context=context,
                          tls={"ca": str(pki.ca), "cert": str(me.cert), "key": str(me.key)})
    assert proxy.get("/").body == b"ok"
    assert app.peers[0].sock.getpeercert()["subject"] == ((("commonName", "me"),),)


def test_a_server_that_speaks_no_tls_is_a_bad_gateway_and_what_it_said_is_gone(baton, upstream, pki):
    def script(peer):
        peer.send(OK * 3)
        peer.wait_for_end()

    app = upstream(script)
    proxy = baton(upstreams={"app": {"endpoints": [app.endpoint], "tls": {"ca": str(pki.ca)}}})
    assert proxy.get("/").status == 502
    assert "not_tls" in reason(proxy)


def test_a_handshake_that_drags_on_is_a_gateway_timeout(baton, upstream, pki):
    app = upstream(lambda peer: peer.wait_for_end())
    proxy = baton(upstreams={"app": {"endpoints": [app.endpoint], "tls": {"ca": str(pki.ca)}}},
                  defaults={"timeouts": {"connect": "200ms"}, "retries": {"attempts": 0}})
    assert proxy.get("/").status == 504


def test_another_endpoint_is_tried_when_a_handshake_fails(baton, upstream, pki):
    bad = upstream(tls=server_context(pki.certificate("other.test")))
    good = upstream(tls=server_context(pki.certificate("127.0.0.1")))
    proxy = baton(upstreams={"app": {"endpoints": [bad.endpoint, good.endpoint], "tls": {"ca": str(pki.ca)}}})
    for _ in range(6):
        # Nothing of the request has left, so that even a POST may go elsewhere.
        with proxy.client() as client:
            client.request("POST", "/", body=b"once")
            assert client.response().body == b"ok"
    assert not bad.requests and len(good.requests) == 6


def test_tickets_that_come_late_do_not_cost_the_pooled_connection(trusting, pki):
    """In TLS 1.3 a server may send tickets whenever it likes; they are no answer to anything."""
    context = server_context(pki.certificate("127.0.0.1"), version="1.3")
    context.num_tickets = 4
    proxy, app = trusting(context=context, workers=1)
    for _ in range(3):
        assert proxy.get("/").body == b"ok"
    assert app.connections == 1


def test_keys_that_change_between_two_requests_do_not_cost_the_pooled_connection(trusting, pki):
    context = server_context(pki.certificate("127.0.0.1"), version="1.3")

    def script(peer):
        while True:
            peer.request()
            peer.send(OK)
            update_keys(peer.sock)

    proxy, app = trusting(script=script, context=context, workers=1)
    for _ in range(20):
        assert proxy.get("/").body == b"ok"
    assert app.connections == 1


def test_a_byte_between_two_answers_costs_the_pooled_connection(trusting):
    def script(peer):
        peer.request()
        peer.send(OK)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        said.append(True)
        peer.wait_for_end()

    said = []
    proxy, app = trusting(script=script, workers=1)
    for number in range(1, 4):
        assert proxy.get("/").body == b"ok"
        wait_until(lambda: len(said) == number, "the byte has been sent")
    assert app.connections == 3


def test_big_bodies_arrive_with_their_digests_over_tls_on_both_sides(baton, pki, quick):
    certificate = pki.certificate("127.0.0.1", "localhost")
    backend = BackendProcess(f"--tls={certificate.cert},{certificate.key}")
    size = (4 if quick else 64) * 1024 * 1024
    body = known_bytes(size)
    digest = hashlib.sha256(body).hexdigest()
    proxy = baton(upstreams={"app": {"endpoints": [backend.endpoint], "tls": {"ca": str(pki.ca)}}},
                  certificates=[pki.default()], defaults={"limits": {"body_size": "off"}})
    with proxy.client(timeout=60) as client:
        client.request("POST", "/digest", body=body)
        assert json.loads(client.response().body) == {"bytes": size, "sha256": digest}
        client.request("GET", f"/bytes/{size}")
        assert hashlib.sha256(client.response().body).hexdigest() == digest
    with proxy.client() as client:
        client.send(websocket.upgrade_request("/ws"))
        assert client.response().status == 101
        for length in (0, 200, 300_000):
            client.send(frame(BINARY, known_bytes(length), mask=True))
            assert read_frame(client.reader) == (BINARY, known_bytes(length), True)
        client.send(close_frame(1000, mask=True))
        assert read_frame(client.reader)[0] == CLOSE
        client.finish_sending()
        assert client.ends()
    backend.end()


def test_a_tunnel_that_drains_ends_with_close_notify_on_both_sides(baton, upstream, pki):
    ends = []

    def script(peer):
        request = peer.request()
        peer.send(websocket.switching_protocols(request.head.get("Sec-WebSocket-Key")))
        opcode, payload, _ = read_frame(peer.reader)
        peer.send(close_frame(1000))
        ends.append((opcode, peer.reader.to_end()))  # a cut would raise ssl.SSLEOFError
        peer.sock.unwrap()

    app = upstream(script, tls=server_context(pki.certificate("127.0.0.1")))
    proxy = baton(upstreams={"app": {"endpoints": [app.endpoint], "tls": {"ca": str(pki.ca)}}},
                  certificates=[pki.default()], upgrade={"handover": "off"},
                  drain={"timeout": "1ms", "close_spread": "0s"})
    with proxy.client() as client:
        client.send(websocket.upgrade_request("/ws"))
        assert client.response().status == 101
        assert proxy.command("reload").returncode == 0
        opcode, payload, _ = read_frame(client.reader)
        assert (opcode, payload[:2]) == (CLOSE, (1012).to_bytes(2, "big"))
        client.send(close_frame(1012, mask=True))
        client.finish_sending()
        assert client.ends()
    wait_until(lambda: ends, "the upstream has seen the end")
    assert ends == [(CLOSE, b"")]
