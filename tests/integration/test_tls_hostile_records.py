"""Peers that break the rules after or during their handshake: told so by the right alert, and nobody else suffers."""

import select
import ssl

import pytest

from support.tls_over_memory import MemoryTls

REQUEST = b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n"
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])
# What arrives instead of a record, and the alert that answers it.
INSTEAD = {"a forged record": (b"\x17\x03\x03\x00\x40" + bytes(64), "BAD_RECORD_MAC"),
           "a record that announces too much": (b"\x17\x03\x03\x41\x01", "RECORD_OVERFLOW"),
           "plain http": (REQUEST, "UNEXPECTED_MESSAGE"),
           "zeros": (bytes(50), "UNEXPECTED_MESSAGE")}


@pytest.fixture
def meet(secured):
    """A proxy with one worker, somebody else's connection to it, and the hostile one."""
    opened = []

    def make(version):
        proxy, app = secured(workers=1)
        opened.extend([proxy.client(), proxy.plain_client()])
        other, client = opened
        assert other.get("/").status == 200
        return other, MemoryTls(client, version), app

    yield make
    for one in opened:
        one.close()


def ended_by_alert(hostile, name):
    with pytest.raises(ssl.SSLError, match=name):
        while hostile.read():
            pass
    return True


@every_version
@pytest.mark.parametrize("instead, alert", INSTEAD.values(), ids=INSTEAD.keys())
def test_what_is_no_record_is_answered_with_the_right_alert(meet, version, instead, alert):
    other, hostile, app = meet(version)
    hostile.client.send(instead)
    assert ended_by_alert(hostile, alert)
    assert hostile.client.is_ended()
    assert other.get("/").status == 200
    assert len(app.requests) == 2


@every_version
def test_a_record_that_was_changed_on_its_way_brings_no_request(meet, version):
    other, hostile, app = meet(version)
    record = bytearray(hostile.seal(REQUEST))
    record[-1] ^= 1
    hostile.client.send(bytes(record))
    assert ended_by_alert(hostile, "BAD_RECORD_MAC")
    assert other.get("/").status == 200
    assert len(app.requests) == 2


@every_version
def test_a_record_that_comes_twice_is_refused(meet, version):
    other, hostile, app = meet(version)
    record = hostile.seal(REQUEST)
    hostile.client.send(record)
    assert hostile.read().startswith(b"HTTP/1.1 200")
    hostile.client.send(record)
    assert ended_by_alert(hostile, "BAD_RECORD_MAC")
    assert other.get("/").status == 200
    assert len(app.requests) == 3


def test_a_flood_of_key_updates_is_ended_by_an_alert(meet):
    other, hostile, _ = meet("1.3")
    hostile.client.send(hostile.seal(REQUEST))
    assert hostile.read().startswith(b"HTTP/1.1 200")  # and the session tickets before it
    for count in range(10_000):
        try:
            hostile.client.send(hostile.seal_key_update())
        except OSError:
            break  # it was ended between the look and this one
        if select.select([hostile.client.sock], [], [], 0)[0]:
            break
    assert 60 < count < 10_000 - 1
    assert ended_by_alert(hostile, "UNEXPECTED_MESSAGE")
    assert other.get("/").status == 200


def test_a_flood_of_warnings_before_the_handshake_is_ended_by_an_alert(secured):
    proxy, _ = secured(workers=1)
    user_canceled = b"\x15\x03\x01\x00\x02\x01\x5a"
    with proxy.client() as other, proxy.plain_client() as client:
        client.send(user_canceled * 20)
        assert client.reader.to_end()[-4:] == b"\x00\x02\x02\x0a"
        assert other.get("/").status == 200
