"""Encrypted connections move: every suite, both versions, with new keys on the way and upstreams that speak TLS too."""

import os

import pytest

from support import websocket
from support.moving import close_websocket, echo, replace, says_back, wait_gone
from support.tls_client import SUITES, server_context, update_keys
from support.tls_over_memory import MemoryTls
from support.websocket import BINARY, frame, read_frame

SUITE_IDS = [f"{version} {aead}" for version, aead in SUITES]


def open_websocket(proxy, **options):
    client = proxy.client(**options)
    client.send(websocket.upgrade_request())
    assert client.response().status == 101
    return client


@pytest.mark.parametrize("version, aead", list(SUITES), ids=SUITE_IDS)
def test_bytes_of_a_websocket_arrive_as_they_were_sent(secured, version, aead):
    proxy, _ = secured(script=echo)
    client = open_websocket(proxy, version=version, aead=aead)
    for number in range(4):
        message = os.urandom(200_000)
        sent = frame(BINARY, message, mask=True)
        client.send(sent[:100_000])
        gone = replace(proxy, "upgrade" if number % 2 else "reload")
        client.send(sent[100_000:])
        assert read_frame(client.reader)[1] == message
        wait_gone(proxy, gone)
        assert says_back(client, b"small")
    close_websocket(client)


@pytest.mark.parametrize("asking", [False, True], ids=["own keys", "both keys"])
def test_keys_that_the_client_renews_move_too(secured, asking):
    proxy, _ = secured(script=echo)
    client = open_websocket(proxy, version="1.3")
    for number in range(6):
        update_keys(client.sock, asking)
        assert says_back(client, b"before %d" % number)
        update_keys(client.sock, asking)
        wait_gone(proxy, replace(proxy, "upgrade" if number % 2 else "reload"))
        assert says_back(client, b"after %d" % number)
    close_websocket(client)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_record_of_which_half_has_arrived_moves(secured, version):
    proxy, app = secured()
    client = MemoryTls(proxy.plain_client(), version)
    request = b"GET /%d HTTP/1.1\r\nHost: example.test\r\n\r\n"
    for number, cut in enumerate((1, 4, 5, 20, -1)):
        record = client.seal(request % number)
        client.client.send(record[:cut])
        wait_gone(proxy, replace(proxy, "upgrade"))
        client.client.send(record[cut:])
        heard = b""
        while not heard.endswith(b"ok"):
            heard += client.read()
    assert [one.head.target for one in app.requests] == [f"/{number}" for number in range(5)]


def test_idle_connections_move(secured):
    proxy, _ = secured()
    clients = [proxy.client() for _ in range(20)]
    for client in clients:
        assert client.get("/").status == 200
    wait_gone(proxy, replace(proxy, "upgrade"))
    for client in clients:
        assert client.get("/again").status == 200


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_the_upstreams_side_moves_too(baton, upstream, pki, version):
    app = upstream(echo, tls=server_context(pki.certificate("127.0.0.1"), version=version))
    proxy = baton(upstreams={"app": {"endpoints": [app.endpoint], "tls": {"ca": str(pki.ca)}}},
                  certificates=[pki.default()])
    client = open_websocket(proxy)
    for number in range(4):
        wait_gone(proxy, replace(proxy, "upgrade" if number % 2 else "reload"))
        assert says_back(client, os.urandom(50_000))
    close_websocket(client)
