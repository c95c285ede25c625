"""With `process.escrow: on` the quiet connections of a worker that dies go on in another one."""

import os
import signal
import subprocess
import threading

import pytest

from support import process_facts, websocket
from support.escrow import held_sockets, settled, wait_in_escrow
from support.free_port import free_port
from support.http_message import EarlyEnd
from support.moving import open_websocket, replace, says_back, wait_gone
from support.raw_client import RawClient
from support.tls_client import TlsClient
from support.waiting import PATIENCE, wait_until
from support.websocket import BINARY, frame, read_frame

LOST = (EarlyEnd, OSError)


def escrowing(baton, backend, workers=2, **sections):
    proxy = baton(upstreams={"app": [backend.endpoint]}, workers=workers, process={"escrow": "on"}, **sections)
    proxy.expects_crashes = True
    return proxy


def kill_worker(proxy, pid):
    """Kills it and returns what the log says of its connections: (adopted, lost)."""
    before = len(settled(proxy))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: pid not in proxy.worker_pids() and len(settled(proxy)) > before, "they are adopted", 30)
    return settled(proxy)[before]


def sockets_with_peers(pid):
    """How many connections a process has, by how many of its descriptors are sockets."""
    return sum("socket" in kind for kind in process_facts.descriptors(pid).values())


def busiest_worker(proxy):
    return max(proxy.worker_pids(), key=sockets_with_peers)


def opened(client):
    client.send(websocket.upgrade_request("/ws"))
    assert client.response().status == 101
    return client


def lives(client, text):
    try:
        return says_back(client, text)
    except LOST:
        return False


class Chatter:
    """Talks without a pause until its connection is lost; what it hears must be what it said."""

    def __init__(self, client):
        self.client, self.rounds, self.wrong = client, 0, None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopping.wait(0.005):
                text = b"round %d " % self.rounds + os.urandom(300)
                self.client.send(frame(BINARY, text, mask=True))
                heard = read_frame(self.client.reader)[1]
                if heard != text:
                    self.wrong = (text, heard)
                self.rounds += 1
        except LOST:
            pass

    def stop(self):
        self.stopping.set()
        self.thread.join(10 * PATIENCE)
        assert self.wrong is None


def chatting(clients):
    """One for each, once all of them have been answered."""
    chatters = [Chatter(client) for client in clients]
    wait_until(lambda: all(chatter.rounds > 3 for chatter in chatters), "they chat")
    return chatters


@pytest.fixture
def both_ports(baton, backend, pki):
    """A proxy with a plain and a TLS listener, and clients for either."""
    plain, encrypted = free_port(), free_port()
    listeners = [f"127.0.0.1:{plain}", {"name": "tls", "address": f"127.0.0.1:{encrypted}", "tls": True}]
    hosts = [{"redirect_https": "off", "routes": [{"to": "app"}]}]
    proxy = escrowing(baton, backend, listeners=listeners, hosts=hosts, certificates=[pki.default()])

    def client(version):
        if version == "plain":
            return opened(RawClient(("127.0.0.1", plain)))
        return opened(TlsClient(("127.0.0.1", encrypted), ca=pki.ca, version=version))

    return proxy, client


def test_of_a_thousand_quiet_websockets_none_is_lost_with_one_of_two_workers(both_ports, quick, capsys):
    proxy, client = both_ports
    count = 120 if quick else 1000
    idle = [client(version) for version in ("1.3", "1.3", "1.2", "plain") for _ in range(count // 4)]
    wait_in_escrow(proxy, len(idle), 60)
    chatters = chatting([client(version) for version in ("1.3", "1.2", "plain", "1.3")])
    adopted, lost = kill_worker(proxy, busiest_worker(proxy))
    assert adopted > 0
    assert all(lives(one, b"after %d" % number) for number, one in enumerate(idle))
    assert all(lives(one, os.urandom(40_000)) for one in idle[::10])
    in_motion = sum(not chatter.thread.is_alive() for chatter in chatters)
    with capsys.disabled():
        print(f"\nescrow: of {len(idle)} quiet connections {adopted} were adopted, {lost} lost; "
              f"of {len(chatters)} in motion {in_motion} ended with their worker")
    # A chatter that was silent for a second may have been in escrow, and have woken up since.
    assert lost <= in_motion
    for chatter in chatters:
        chatter.stop()


def test_a_second_death_right_after_the_first_loses_only_what_is_under_way(both_ports, quick, capsys):
    proxy, client = both_ports
    idle = [client(version) for version in ("1.3", "1.2", "plain") for _ in range(20 if quick else 100)]
    wait_in_escrow(proxy, len(idle))
    first = busiest_worker(proxy)
    heir = next(pid for pid in proxy.worker_pids() if pid != first)
    adopted, lost = kill_worker(proxy, first)
    again, lost_again = kill_worker(proxy, heir)
    alive = sum(lives(one, b"twice %d" % number) for number, one in enumerate(idle))
    with capsys.disabled():
        print(f"\nescrow: of {len(idle)} quiet connections {adopted} were adopted, then {again}; "
              f"{len(idle) - alive} are lost")
    assert lost == 0
    # The heir had all of them, and one window may not have been in escrow again.
    assert len(idle) - alive == lost_again <= 48


def test_the_only_worker_is_followed_by_its_replacement(baton, backend):
    proxy = escrowing(baton, backend, workers=1)
    idle = [open_websocket(proxy, "/ws") for _ in range(10)]
    for number in range(3):
        wait_in_escrow(proxy, len(idle))
        assert kill_worker(proxy, proxy.worker_pids()[0]) == (10, 0)
        wait_until(proxy.worker_pids, "there is another")
        assert all(says_back(one, b"%d" % number) for one in idle)


def test_a_connection_that_woke_up_and_went_to_sleep_again_goes_on_where_it_was(both_ports):
    proxy, client = both_ports
    sleepers = [client(version) for version in ("1.3", "1.2", "plain")]
    for _ in range(3):
        wait_in_escrow(proxy, len(sleepers))
        assert all(says_back(one, os.urandom(70_000)) for one in sleepers)
        wait_in_escrow(proxy, len(sleepers))
        assert kill_worker(proxy, busiest_worker(proxy))[1] == 0
        assert all(says_back(one, os.urandom(70_000)) for one in sleepers)


def test_all_workers_at_once_lose_those_in_motion_and_no_byte(both_ports):
    proxy, client = both_ports
    sleeper = client("1.3")
    wait_in_escrow(proxy, 1)
    chatters = chatting([client(version) for version in ("1.3", "1.2", "plain")])
    for pid in proxy.worker_pids():
        os.kill(pid, signal.SIGKILL)
    assert says_back(sleeper, b"good morning")
    for chatter in chatters:
        chatter.stop()


@pytest.mark.parametrize("call", ["recvfrom", "sendmsg"])
def test_a_worker_that_dies_with_a_message_in_its_hands_leaves_no_old_state_behind(baton, backend, pki, call):
    """It is killed in the first system call that touches the connection: before it reads, and before it writes."""
    proxy = escrowing(baton, backend, workers=1, certificates=[pki.default()])
    struck, sleeper = opened(proxy.client(version="1.3")), opened(proxy.client(version="1.2"))
    wait_in_escrow(proxy, 2)
    victim = proxy.worker_pids()[0]
    tracer = subprocess.Popen(["strace", "-f", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when=1",
                               "-p", str(victim)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if "attached" not in tracer.stderr.readline():
        pytest.skip("no process may be traced here")
    struck.send(frame(BINARY, b"to be read or not", mask=True))
    wait_until(lambda: settled(proxy), "the worker has died of it", 30)
    assert settled(proxy) == [(1, 1)]
    assert not lives(struck, b"again")
    assert says_back(sleeper, b"not my business")
    tracer.communicate(timeout=10)


def test_peers_hear_of_a_close_at_once_and_the_master_lets_go(baton, backend):
    proxy = escrowing(baton, backend)
    idle = [open_websocket(proxy, "/ws") for _ in range(12)]
    wait_in_escrow(proxy, len(idle))
    for one in idle[:4]:
        one.send(websocket.close_frame(1000, mask=True))
        assert read_frame(one.reader)[0] == websocket.CLOSE
        assert one.ends()
    for one in idle[4:8]:
        one.close()
    wait_in_escrow(proxy, 4)
    for one in idle[8:]:
        one.close()
    wait_in_escrow(proxy, 0)


def test_a_peer_hears_of_a_close_while_the_master_stands_still(baton, upstream):
    def vanish(peer):
        request = peer.request()
        peer.send(websocket.switching_protocols(request.head.get("Sec-WebSocket-Key")))
        read_frame(peer.reader)
        peer.reset()

    app = upstream(vanish)
    proxy = escrowing(baton, app)
    client = open_websocket(proxy)
    wait_in_escrow(proxy, 1)
    master = proxy.master_pid
    os.kill(master, signal.SIGSTOP)
    try:
        client.send(frame(BINARY, b"go", mask=True))
        assert client.reader.to_end() == b""
    finally:
        os.kill(master, signal.SIGCONT)
    wait_in_escrow(proxy, 0)


def test_an_upgrade_takes_everything_out_of_escrow_and_the_successor_puts_it_in_again(both_ports):
    proxy, client = both_ports
    idle = [client(version) for version in ("1.3", "1.2", "plain") for _ in range(10)]
    for order in ("upgrade", "reload", "upgrade"):
        wait_in_escrow(proxy, len(idle))
        wait_gone(proxy, replace(proxy, order), 10)
        assert all(says_back(one, order.encode()) for one in idle)
    wait_in_escrow(proxy, len(idle))
    assert kill_worker(proxy, busiest_worker(proxy))[1] == 0
    assert all(says_back(one, b"after all") for one in idle)
    for one in idle:
        one.close()
    wait_in_escrow(proxy, 0)


def test_without_the_option_nothing_is_held(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]})
    idle = [open_websocket(proxy, "/ws") for _ in range(5)]
    assert all(says_back(one, b"hello") for one in idle)
    for pid in (proxy.master_pid, *proxy.worker_pids()):
        assert not any("baton-escrow" in kind for kind in process_facts.descriptors(pid).values())
    assert held_sockets(proxy) == 0
