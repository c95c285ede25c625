"""Clients and upstreams that do their worst disturb nobody else."""

from support.raw_client import RawClient
from support.scripted_upstream import OK
from support.waiting import wait_until


def test_a_thousand_silent_connections_do_not_keep_others_out(proxied):
    proxy, _ = proxied()
    silent = [RawClient(proxy.address) for _ in range(1000)]
    assert proxy.get("/").status == 200
    for client in silent:
        client.close()
    assert proxy.get("/").status == 200


def test_resets_in_every_state_leave_the_proxy_well(proxied):

    def script(peer):
        while True:
            request = peer.request()
            if request.head.target == "/stream":
                peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
            elif request.head.target == "/answer":
                peer.send(OK)

    proxy, _ = proxied(script=script)
    for data in (b"", b"G", b"GET / HTTP/1.1\r\nHo", b"GET /silent HTTP/1.1\r\nHost: a.test\r\n\r\n",
                 b"GET /stream HTTP/1.1\r\nHost: a.test\r\n\r\n",
                 b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhalf",
                 b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"):
        for _ in range(20):
            client = RawClient(proxy.address)
            client.send(data)
            client.reset()
        assert proxy.get("/answer").status == 200
    wait_until(lambda: proxy.status()["totals"]["connections_accepted"] >= 140, "all were accepted")


def test_half_closed_clients_get_their_answers(proxied):
    proxy, _ = proxied()
    with proxy.client() as client:
        client.request("GET", "/")
        client.finish_sending()
        assert client.response().status == 200
        assert client.ends()
