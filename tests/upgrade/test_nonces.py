"""Keys move from generation to generation, and no nonce is used twice with any of them: every record is recorded."""

import random
import threading

import pytest

from support import websocket
from support.baton import Baton
from support.http_message import Reader
from support.moving import echo, replace, wait_gone
from support.raw_client import RawClient
from support.recording_relay import RecordingRelay
from support.scripted_upstream import ScriptedUpstream
from support.tls_client import SUITES
from support.tls_over_memory import MemoryTls
from support.tls_records import HEADER, body_length, explicit_nonces, records
from support.waiting import wait_until

SIZES = (1, 100, 2_000, 40_000)
GCM_OF_1_2 = [suite for suite in SUITES if suite[0] == "1.2" and suite[1] != "chacha20"]
OTHERS = [suite for suite in SUITES if suite not in GCM_OF_1_2]


class Talker(MemoryTls):
    """A WebSocket that always says something and hears it back, through the relay, until `finish`."""

    def __init__(self, relay, version, aead):
        self.opened = 0  # records that OpenSSL has decrypted with the sequence number that was their turn
        self.raw = Reader(None)
        self.rounds = 0
        self.keys_wanted = self.keys = 0
        self.fault = None
        self.stopping = threading.Event()
        connection = RawClient(relay.address)
        self.raw.sock = connection.sock
        super().__init__(connection, version, aead=aead)
        self.recording = relay.recordings[-1]
        self.reader = Reader(self)
        connection.send(self.seal(websocket.upgrade_request()))
        assert self.reader.response().status == 101
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def take_in(self):
        """One record: OpenSSL asks for the next only when it has opened what it has."""
        assert self.incoming.pending == 0
        header = self.raw.exactly(HEADER)
        self.incoming.write(header + self.raw.exactly(body_length(header)))
        self.opened += 1

    def recv(self, _):
        return self.read()

    def run(self):
        try:
            while not self.stopping.wait(0.02):
                self.talk()
            self.client.send(self.seal(websocket.close_frame(1000, mask=True)))
            assert websocket.read_frame(self.reader)[0] == websocket.CLOSE
            assert self.read() == b""  # close_notify
            assert self.raw.to_end() == b""
        except Exception as error:  # for the test
            self.fault = error

    def talk(self):
        if self.keys < self.keys_wanted:
            self.keys += 1
            self.client.send(self.seal_key_update(asking=True))
        message = random.randbytes(random.choice(SIZES))
        self.client.send(self.seal(websocket.frame(websocket.BINARY, message, mask=True)))
        assert websocket.read_frame(self.reader)[1] == message
        self.rounds += 1

    def finish(self):
        self.stopping.set()
        self.thread.join()


@pytest.fixture(scope="module")
def talkers(pki, quick):
    """What was said through many upgrades, by suite."""
    count = 10 if quick else 50
    app = ScriptedUpstream(echo)
    proxy = Baton(upstreams={"app": [app.endpoint]}, certificates=[pki.default()]).start()
    relay = RecordingRelay(proxy.address)
    found = {}
    try:
        for suite in SUITES:
            found[suite] = Talker(relay, *suite)
        for number in range(count):
            wait_gone(proxy, replace(proxy, "upgrade"))
            for (version, _), one in found.items():
                one.keys_wanted += version == "1.3"
            before = {suite: one.rounds for suite, one in found.items()}
            wait_until(lambda: all(one.fault or one.rounds > before[suite] + 1 for suite, one in found.items()),
                       f"everybody is heard by generation {number + 2}", 30)
    finally:
        for one in found.values():
            one.finish()
        relay.close()
        app.close()
        proxy.stop()
    return found


def ids(suites):
    return [f"{version} {aead}" for version, aead in suites]


@pytest.mark.parametrize("suite", GCM_OF_1_2, ids=ids(GCM_OF_1_2))
def test_no_nonce_occurs_twice_with_one_key(talkers, suite):
    assert talkers[suite].fault is None
    for stream in (talkers[suite].recording.from_client, talkers[suite].recording.from_server):
        nonces = explicit_nonces(stream)
        assert len(nonces) > talkers[suite].rounds
        assert len(set(nonces)) == len(nonces)


@pytest.mark.parametrize("suite", GCM_OF_1_2, ids=ids(GCM_OF_1_2))
def test_batons_nonces_rise_from_generation_to_generation(talkers, suite):
    nonces = explicit_nonces(talkers[suite].recording.from_server)
    assert [later for earlier, later in zip(nonces, nonces[1:]) if later <= earlier] == []


@pytest.mark.parametrize("suite", OTHERS, ids=ids(OTHERS))
def test_every_sequence_number_is_used_once_and_none_is_left_out(talkers, suite):
    """The nonce is the sequence number, and a record opens only with the one that the client has counted itself."""
    talker = talkers[suite]
    assert talker.fault is None
    assert talker.keys == (talker.keys_wanted if suite[0] == "1.3" else 0)
    sent = records(talker.recording.from_server)
    assert len(sent) == talker.opened > talker.rounds
