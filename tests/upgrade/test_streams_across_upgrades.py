"""Streams that never pause, while upgrades follow each other: every byte is right, and nobody connects twice."""

import pytest

from support.background import BackendProcess, CheckedStreams, DeflatingServer
from support.free_port import free_port
from support.moving import replace, wait_gone
from support.waiting import wait_until


@pytest.fixture
def tls_backend(pki):
    certificate = pki.certificate("127.0.0.1")
    process = BackendProcess(f"--tls={certificate.cert},{certificate.key}")
    yield process
    process.end()


@pytest.fixture
def deflating_server():
    process = DeflatingServer()
    yield process
    process.end()


@pytest.fixture
def streams(baton, backend, tls_backend, deflating_server, pki):
    """A proxy with a plain and a TLS listener, and the streams that run through it."""
    plain, tls = free_port(), free_port()
    proxy = baton(upstreams={"app": [backend.endpoint], "deflating": [deflating_server.endpoint],
                             "tls": {"endpoints": [tls_backend.endpoint], "tls": {"ca": str(pki.ca)}}},
                  listeners=[f"127.0.0.1:{plain}", {"address": f"127.0.0.1:{tls}", "tls": True}],
                  hosts=[{"names": ["tls.test"], "redirect_https": "off", "routes": [{"to": "tls"}]},
                         {"redirect_https": "off",
                          "routes": [{"match": {"path": "/deflate"}, "to": "deflating"}, {"to": "app"}]}],
                  certificates=[pki.default()])
    running = CheckedStreams(plain, tls, pki.ca)
    yield proxy, running
    if running.process.poll() is None:
        running.end()


def of_all(report, what):
    return {name: one[what] for name, one in report["streams"].items()}


def test_no_byte_is_lost_or_changed_by_upgrades_in_a_row(streams, quick, long):
    proxy, load = streams
    count = 100 if long else 10 if quick else 30
    ports = of_all(load.so_far(), "port")
    for number in range(count):
        if number % 2:  # more would exceed what Baton grants a peer
            load.update_keys()
        gone = replace(proxy, "upgrade")
        assert len(gone) == 3
        wait_gone(proxy, gone)
        before = load.so_far()
        assert before["failed"] == {}, number
        assert of_all(before, "port") == ports, number

        def all_go_on():
            now = load.so_far()
            assert now["failed"] == {}, number
            return all(one[way] > before["streams"][name][way] for name, one in now["streams"].items()
                       for way in directions(name))

        wait_until(all_go_on, f"every stream goes on after upgrade {number}", 30)
    result = load.result()
    assert result["failed"] == {}
    for name, keys in of_all(result, "keys").items():
        assert keys == (count // 2 if name.startswith("duplex 1.3") else 0), name


def directions(name):
    """What grows while a stream lives; an upload's or a download's other direction only with each body."""
    return {"upload": ["up"], "download": ["down"], "events": ["down"]}.get(name.split(" ")[0], ["up", "down"])
